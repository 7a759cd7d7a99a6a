// Long answers that are charged to the address they go to: one whose reads have taken more than its
// share of the threads' time is slowed.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "api/context.h"
#include "api/services.h"
#include "base/clock.h"
#include "base/ip_address.h"
#include "net/http1/exchange.h"

namespace discovery {

class MeteredBody final : public BodySource {
 public:
  /// `services` outlive this. The context's exchange is woken where there was a wait.
  MeteredBody(std::shared_ptr<BodySource> body, Services& services, const Context& context)
      : body_(std::move(body)),
        services_(services),
        exchange_(context.exchange.weak_from_this()),
        client_(context.client) {}

  Progress take(std::string& out) override;
  size_t bytes() const override { return body_->bytes(); }

 private:
  bool must_wait(BootTime now);

  const std::shared_ptr<BodySource> body_;
  Services& services_;
  const std::weak_ptr<Exchange> exchange_;
  const IpAddress client_;
  BootTime waits_until_{};
};

}  // namespace discovery
