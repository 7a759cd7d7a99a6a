#include "api/reply/metered_body.h"

#include <chrono>

namespace discovery {

BodySource::Progress MeteredBody::take(std::string& out) {
  const BootTime begin = services_.clock.boot();
  if (must_wait(begin)) return Progress::idle;
  const Progress progress = body_->take(out);
  const BootTime end = services_.clock.boot();
  services_.limiter.charge_work(client_, end - begin, end);
  return progress;
}

bool MeteredBody::must_wait(BootTime now) {
  if (services_.lifecycle.phase == Lifecycle::Phase::draining) return false;
  if (now < waits_until_) return true;  // and will be woken
  const Duration wait = services_.limiter.work_wait(client_, now);
  if (wait == Duration{}) return false;
  waits_until_ = now + wait;
  // A little later, so that it is over by any clock.
  services_.executor.post_after(wait + std::chrono::milliseconds{1}, [exchange = exchange_] {
    if (const auto open = exchange.lock()) open->wake();
  });
  return true;
}

}  // namespace discovery
