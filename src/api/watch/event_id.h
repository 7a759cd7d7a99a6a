// Event ids, by which a client resumes a stream (contract, section 1, GET /api/v1/watch).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/revision.h"

namespace discovery {

/// Where a stream stands.
struct EventId {
  uint64_t epoch = 0;
  uint64_t filter = 0;  // its fingerprint
  Revision revision = 0;
  bool in_snapshot = false;  // not everything before that revision has been sent
};
std::string to_text(const EventId& id);
/// Empty where the text is no such id.
std::optional<EventId> parse_event_id(std::string_view text);

}  // namespace discovery
