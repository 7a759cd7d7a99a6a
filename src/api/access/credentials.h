// What a post or withdrawal says of its provider, without any cryptography (contract, section 5).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "board/board.h"
#include "identity/provider_key.h"
#include "net/http1/exchange.h"

namespace discovery {

/// A value type.
struct Credentials {
  std::string provider_id;              // canonical; empty: there is none that can be read
  std::optional<ProviderKey> key;       // that the id names
  std::optional<int64_t> last_time_ms;  // of a pinned key: the newest time it has signed
  bool claims_signature = false;
  bool proven = false;  // the signature has been verified

  bool pinned() const { return last_time_ms.has_value(); }
};

Credentials read_credentials(const Request& request, const Board& board);

}  // namespace discovery
