// Which requests the rate limits let through (contract, section 4). Each function answers by itself
// where it says no: by 429, with Retry-After.
#pragma once

#include <string_view>

#include "api/access/rate_limiter.h"
#include "api/context.h"
#include "api/services.h"
#include "base/clock.h"
#include "base/ip_address.h"

namespace discovery {

/// Charges a request to its address. False: it was refused, or is held until its token comes.
bool admit(Services& services, Context& context, Traffic traffic);

/// A read of an address whose reads have taken much time. False: it was refused, or is held until
/// there is some again.
bool admit_work(Services& services, Context& context);

/// Charges a request that is not whole.
bool charge(Services& services, Answer& answer, Traffic traffic, const IpAddress& client,
            BootTime now);

/// `what` is limited: "posts and withdrawals of this provider".
bool allows(Services& services, Answer& answer, const RateLimiter::Decision& decision,
            std::string_view what);

}  // namespace discovery
