// The fields of a body, each by its row of the contract's table (section 1). Faults go to the log;
// after one, the field's part of `out` is of no use.
#pragma once

#include <optional>
#include <string_view>

#include "advertisement/fault_log.h"

namespace simdjson::dom {
class element;
}

namespace discovery {

/// The fields that are texts; empty: absent or null.
struct TextFields {
  std::optional<std::string_view> ip_address, country, platform, provider_name, network,
      payments_network;
};

void read_texts(const TextFields& fields, const CodecOptions& options, Advertisement& out,
                FaultLog& log);
void read_resources(const simdjson::dom::element& value, Advertisement& out, FaultLog& log);
void read_pricing(const simdjson::dom::element& value, Advertisement& out, FaultLog& log);

}  // namespace discovery
