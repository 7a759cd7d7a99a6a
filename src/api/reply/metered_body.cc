#include "api/reply/metered_body.h"

#include <chrono>
#include <cstdint>

#include "base/limits.h"

namespace discovery {

namespace {

// The kernel's part, which comes later.
Duration sending_time(size_t bytes) {
  return Duration{static_cast<int64_t>(bytes / limits::kBytesSentPerMicrosecond)};
}

}  // namespace

BodySource::Progress MeteredBody::take(std::string& out) {
  const BootTime begin = services_.clock.boot();
  if (must_wait(begin)) return Progress::idle;
  const size_t before = out.size();
  const Progress progress = body_->take(out);
  const BootTime end = services_.clock.boot();
  services_.limiter.charge_work(client_, end - begin + sending_time(out.size() - before), end);
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
