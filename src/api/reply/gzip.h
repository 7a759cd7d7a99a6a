// Compresses answers, within a budget.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace discovery {

/// For one thread.
class Gzip {
 public:
  /// Of text; what is put by while nothing is compressed is good for a second.
  explicit Gzip(size_t bytes_per_second);
  ~Gzip();

  /// Leaves the gzip form in `out`. False: it would not be worth it, or the budget is used up.
  bool compress(std::string_view text, BootTime now, std::string& out);

  static constexpr size_t kTextMin = 1024;

 private:
  struct Compressor;

  const double bytes_per_second_;
  double budget_;
  BootTime counted_{};
  std::unique_ptr<Compressor> compressor_;  // when it is first needed
};

/// Fills `out`, which is as long as the plain form. False: `packed` is not the gzip form of so
/// much.
bool gunzip(std::string_view packed, std::string& out);

}  // namespace discovery
