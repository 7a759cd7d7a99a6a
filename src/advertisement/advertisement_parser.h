// JSON in: the body of a post becomes an Advertisement, or all its faults (contract, section 1).
#pragma once

#include <memory>
#include <string_view>

#include "advertisement/advertisement.h"
#include "advertisement/fault.h"
#include "advertisement/validation.h"

namespace discovery {

/// Keeps its parser's memory between calls: one per thread, not synchronised.
class AdvertisementParser {
 public:
  explicit AdvertisementParser(ValidationOptions options);
  ~AdvertisementParser();
  AdvertisementParser(AdvertisementParser&&) noexcept;

  /// Fills all of `out` but provider_id and verified. Every fault of the body is appended to
  /// `faults`, one for each place and at most limits::kBodyFaults; `out` is usable only if there is
  /// none.
  void parse(std::string_view body, Advertisement& out, Faults& faults);

  /// The columns of a stored row. Empty text stands for null; resources and pricing are JSON texts.
  struct Columns {
    std::string_view provider_id, provider_name, ip_address, country, platform, network,
        payments_network, resources, pricing;
  };
  /// Checks a row by the same rules as a post (address policy and the board's own networks
  /// included) and fills all of `out` but verified. The provider id is copied: canonical if the
  /// caller's is. False: the contract refuses the row.
  bool parse(const Columns& columns, Advertisement& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace discovery
