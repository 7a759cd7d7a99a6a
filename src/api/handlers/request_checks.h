// What handlers ask before they answer. Each function answers by itself where it says no.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "api/context.h"
#include "api/services.h"
#include "board/index/scan_limit.h"
#include "query/query.h"

namespace discovery {

/// Whether there are no faults.
bool accepts(Services& services, Context& context, const QueryFaults& faults);

/// Whether the board can be read. Where it is still being loaded, the request waits once for that,
/// and is 503 after limits::kLoadWait.
bool is_loaded(Services& services, Context& context);

/// Whether a search may take so much work, as work_of() counts: a read pins one copy of the index
/// and delays the writer.
bool affords(Services& services, Context& context, uint64_t work);

/// How long one search may take from now on.
ScanLimit search_limit(Services& services);
/// 503: the search's time was up.
void refuse_unfinished(Services& services, Context& context);
/// Whether the search was whole; refuse_unfinished() where it was not.
bool is_whole(Services& services, Context& context, const ScanLimit& limit);

/// Decodes an id of a path; faults are appended.
void check_path_id(std::string_view encoded, std::string& id, Faults& faults);

/// Leaves the path's id in Buffers::provider_id. False also where nothing can be read yet.
bool names_provider(Services& services, Context& context, std::string_view encoded);

/// 404 ADV_004.
void refuse_unlisted(Services& services, Answer& answer, const std::string& id);

}  // namespace discovery
