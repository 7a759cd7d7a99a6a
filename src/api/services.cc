#include "api/services.h"

#include <algorithm>
#include <chrono>
#include <random>

namespace discovery {

namespace {

std::string refresh_after_member(Duration lease) {
  const auto third = std::chrono::duration_cast<std::chrono::seconds>(lease / 3);
  return R"(,"refresh_after":)" + std::to_string(std::max<int64_t>(1, third.count())) + "}";
}

uint64_t random_seed() {
  std::random_device device;
  return uint64_t{device()} << 32 | device();
}

}  // namespace

Services::Services(const ApiOptions& api_options, Board& the_board, RateLimiter& the_limiter,
                   Lifecycle& the_lifecycle, const Clock& the_clock, Executor& the_executor)
    : options(api_options),
      board(the_board),
      limiter(the_limiter),
      lifecycle(the_lifecycle),
      clock(the_clock),
      executor(the_executor),
      authenticator(api_options.auth),
      streams(the_board, the_limiter, the_executor, the_clock),
      pages(api_options.kept_page_bytes, random_seed()),
      gzip(api_options.gzip_bytes_per_second),
      refresh_after(refresh_after_member(the_board.lease())),
      buffers{.parser = AdvertisementParser(api_options.validation),
              .advertisement = {},
              .query = {},
              .page = {},
              .rendered = {},
              .body = {},
              .provider_id = {}} {}

}  // namespace discovery
