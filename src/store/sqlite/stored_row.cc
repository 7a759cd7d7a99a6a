#include "store/sqlite/stored_row.h"

#include "base/hash.h"
#include "base/time_text.h"

namespace discovery {

int64_t digest(RowTexts texts) {
  // Where a table does not allow NULL, a pricing of none lies there as JSON's own.
  if (texts[kPricing] == "null") texts[kPricing] = {};
  uint64_t state = 0x676f6c656d2d6477;  // any constant
  for (const std::string_view text : texts) state = keyed_hash(text.empty() ? "" : text, state);
  return static_cast<int64_t>(state);
}

StoredRow row_of(Statement& statement) {
  RowTexts texts;
  for (int i = 0; i < kProofMs; ++i) texts[static_cast<size_t>(i)] = statement.text(i);

  StoredRow row;
  row.provider_id = texts[kProviderId];
  row.provider_name = texts[kProviderName];
  row.ip_address = texts[kIpAddress];
  row.country = texts[kCountry];
  row.platform = texts[kPlatform];
  row.network = texts[kNetwork];
  row.payments_network = texts[kPaymentsNetwork];
  row.resources = texts[kResources];
  row.pricing = texts[kPricing];
  row.created_at = parse_time(texts[kCreatedAt]);
  row.updated_at = parse_time(texts[kUpdatedAt]);
  row.proof_ms = statement.integer_if_one(kProofMs);
  const auto stored = statement.integer_if_one(kProofDigest);
  row.verified = row.proof_ms && stored && *stored == digest(texts);
  return row;
}

}  // namespace discovery
