// The HTTP contract on top of the board: one request in, one short path, one reply out. Routes to
// the handlers (handlers/handlers.h), once access/ has let a request through.
#pragma once

#include <cstdint>
#include <string_view>

#include "api/context.h"
#include "api/router.h"
#include "api/services.h"

namespace discovery {

/// One per I/O thread and used by it alone; see Services.
class Api final : public Handler {
 public:
  Api(const ApiOptions& options, Board& board, RateLimiter& limiter, Lifecycle& lifecycle,
      const Clock& clock, Executor& executor);

  void handle(const Request& request, Exchange& exchange) override;
  void fault(HttpFault fault, const IpAddress& peer, std::string_view forwarded_for,
             Exchange& exchange) override;
  void tick() override { services_.streams.tick(); }

 private:
  void dispatch(Context& context);
  void run_handler(Context& context, const Route& route);
  void refuse_path(Context& context);
  RequestId next_request_id();

  Services services_;
  const uint64_t id_key_;
  uint64_t requests_ = 0;
};

}  // namespace discovery
