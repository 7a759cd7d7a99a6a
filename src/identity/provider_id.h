// A provider's identity as it claims it: X-Provider-ID in canonical form (contract, sections 1 and
// 5).
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "identity/provider_key.h"

namespace discovery {

/// One spelling per provider: an Ethereum address in EIP-55 case, an Ed25519 key in lower case, any
/// other id as sent. Two ids are one provider exactly if their canonical texts are equal.
class ProviderId {
 public:
  /// 1 to 128 of `A-Z a-z 0-9 . _ ~ : @ + -`, not `.` or `..`; what begins with `0x` or `ed25519:`
  /// (any case) must be a key's exact form: `0x` and 40 hex digits, `ed25519:` and 64, prefix in
  /// lower case. Code::invalid otherwise.
  static Result<ProviderId> parse(std::string_view text);

  const std::string& text() const& { return text_; }
  std::string text() && { return std::move(text_); }
  bool operator==(const ProviderId&) const = default;

 private:
  explicit ProviderId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

/// The EIP-55 spelling of 40 hex digits (any case, no prefix), with `0x` in front.
std::string eip55_address(std::string_view hex_digits);

/// The canonical id that names a key: key_of() the other way round.
std::string id_of(const ProviderKey& key);

}  // namespace discovery
