#include "api/access/credentials.h"

#include <utility>

#include "identity/provider_id.h"
#include "identity/signature.h"

namespace discovery {

Credentials read_credentials(const Request& request, const Board& board) {
  Credentials credentials;
  credentials.claims_signature = claims_signature(request.provider_signature.value);
  Result<ProviderId> id = ProviderId::parse(request.provider_id.value);
  if (!id || request.provider_id.count != 1) return credentials;
  credentials.provider_id = std::move(*id).text();
  credentials.key = key_of(credentials.provider_id);
  if (credentials.key) credentials.last_time_ms = board.last_time_ms(*credentials.key);
  return credentials;
}

}  // namespace discovery
