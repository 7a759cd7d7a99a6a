#include "api/access/too_many_requests.h"

#include <spdlog/spdlog.h>

#include <array>
#include <chrono>
#include <string>

#include "api/errors.h"

namespace discovery {

namespace {

constexpr std::string_view kWorkOfReads =
    "milliseconds of this server's time for reads and streams of this address";

std::string_view describe(Traffic traffic) {
  constexpr std::array<std::string_view, 4> kTexts{
      "requests from this address", "posts and withdrawals from this address",
      "refused requests with a signature from this address",
      "posts and withdrawals of all providers of this address that have signed before"};
  return kTexts[static_cast<size_t>(traffic)];
}

// Keeps the request until its time has come. False: the server ends, and there is no time to wait.
bool hold(Services& services, Context& context, const RateLimiter::Decision& decision) {
  if (services.lifecycle.phase == Lifecycle::Phase::draining) return false;
  services.executor.post_after(
      decision.wait,
      [slot = decision.slot, exchange = context.exchange.shared_from_this()]() mutable {
        slot.reset();
        exchange->resume();
      });
  context.exchange.hold();
  return true;
}

// Others come between the reads of an address that take long.
bool await_turn(Services& services, Context& context) {
  const RateLimiter::Decision turn = services.limiter.admit_turn(context.client, context.now);
  if (turn.allowed || (!turn.slot && context.request.was_held)) return true;
  if (!turn.slot) return allows(services, context, turn, kWorkOfReads);
  return !hold(services, context, turn);
}

bool charge_read(Services& services, Context& context) {
  if (context.request.was_held) {
    context.reply.rate_limit =
        services.limiter.look(Traffic::read, context.client, context.now).state;
    return admit_work(services, context);
  }
  return charge(services, context, Traffic::read, context.client, context.now) &&
         admit_work(services, context);
}

// A write whose token is soon there is held until then, and charged already when it comes again.
bool charge_write(Services& services, Context& context, Traffic traffic) {
  if (context.request.was_held) {
    context.reply.rate_limit = services.limiter.look(traffic, context.client, context.now).state;
    return true;
  }
  const RateLimiter::Decision decision =
      services.limiter.charge_write(traffic, context.client, context.now);
  const bool is_refused = !decision.allowed && !decision.slot;
  if (is_refused && traffic == Traffic::write && services.limiter.is_warning_due(context.now)) {
    spdlog::warn(
        "posts from {} are refused: more than RATE_LIMIT_PER_MINUTE={} come from there; if it is a "
        "proxy, TRUSTED_PROXIES should name it",
        context.client.text(), decision.state->quota);
  }
  if (!decision.slot) return allows(services, context, decision, describe(traffic));
  context.reply.rate_limit = decision.state;
  return !hold(services, context, decision);
}

}  // namespace

// A signed request of a pinned provider is charged to its address apart from all others, which
// cannot push the provider out, and far more of them may come. It goes on trust until its signature
// is verified, and addresses are trusted only so often; beyond that a signature is not even looked
// at.
bool admit(Services& services, Context& context, Traffic traffic) {
  if (traffic == Traffic::read) return charge_read(services, context);
  if (!context.credentials.claims_signature) {
    return charge_write(services, context, Traffic::write);
  }
  const RateLimiter::Decision trust =
      services.limiter.look(Traffic::failure, context.client, context.now);
  context.reply.close = !trust.allowed;
  if (!allows(services, context, trust, describe(Traffic::failure))) return false;
  context.on_trust = context.credentials.pinned();
  if (!context.on_trust) return charge_write(services, context, Traffic::write);
  if (!charge_write(services, context, Traffic::pinned)) return false;
  context.reply.rate_limit.reset();  // the provider's own will be shown
  return true;
}

bool admit_work(Services& services, Context& context) {
  if (context.request.was_held) return await_turn(services, context);
  const RateLimiter::Decision work = services.limiter.admit_work(context.client, context.now);
  if (work.allowed) return await_turn(services, context);
  if (!work.slot) return allows(services, context, work, kWorkOfReads);
  return !hold(services, context, work);
}

bool charge(Services& services, Answer& answer, Traffic traffic, const IpAddress& client,
            BootTime now) {
  return allows(services, answer, services.limiter.charge(traffic, client, now), describe(traffic));
}

bool allows(Services& services, Answer& answer, const RateLimiter::Decision& decision,
            std::string_view what) {
  answer.reply.rate_limit = decision.state;
  if (decision.allowed) return true;
  answer.reply.retry_after_seconds =
      static_cast<uint32_t>(std::chrono::ceil<std::chrono::seconds>(decision.wait).count());
  refuse(services, answer, 429, "RATE_001",
         "more than " + std::to_string(decision.state->quota) + " " + std::string(what) +
             " in a minute; wait as long as Retry-After says");
  return false;
}

}  // namespace discovery
