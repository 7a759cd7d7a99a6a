// One request on its way through the handlers, and its answer on the way out.
#pragma once

#include <array>
#include <memory>
#include <optional>

#include "api/access/credentials.h"
#include "base/clock.h"
#include "base/ip_address.h"
#include "net/http1/exchange.h"

namespace discovery {

using RequestId = std::array<char, 16>;

struct Answer {
  Exchange& exchange;
  RequestId id;
  Reply reply;
  const Credentials* poster = nullptr;  // of a post: can ask later why it was refused
};

struct Context : Answer {
  const Request& request;
  IpAddress client;
  BootTime now;
  Credentials credentials;  // of a post or withdrawal
  bool on_trust = false;    // if refused, it counts as one whose signature was no good
};

/// What is kept of a request that is answered later.
struct DeferredAnswer {
  explicit DeferredAnswer(const Context& context)
      : exchange(context.exchange.shared_from_this()),
        id(context.id),
        rate_limit(context.reply.rate_limit),
        sharing(context.reply.sharing) {}

  Answer answer() const {
    Answer answer{*exchange, id, {}};
    answer.reply.sharing = sharing;
    answer.reply.rate_limit = rate_limit;
    return answer;
  }

  std::shared_ptr<Exchange> exchange;
  RequestId id;
  std::optional<RateLimitState> rate_limit;
  Sharing sharing;
};

}  // namespace discovery
