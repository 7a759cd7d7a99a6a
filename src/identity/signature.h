// What a provider signs, how the signature is written in X-Provider-Signature, and whether it is
// that provider's (contract, section 5).
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "identity/ed25519.h"
#include "identity/ethereum.h"
#include "identity/provider_key.h"

namespace discovery {

/// Whether the header is to be taken as a signature, and refused where it is not a good one. Any
/// other text signs nothing.
bool claims_signature(std::string_view header);

struct Signature {
  std::string time;  // t as sent, which is what was signed: leading zeros are the signer's choice
  int64_t time_ms = 0;  // its value; 16 digits always fit
  std::array<uint8_t, 65> bytes{};
  uint8_t size = 0;  // of `bytes`: 65 for an Ethereum address, 64 for Ed25519

  bool operator==(const Signature&) const = default;
};

/// Reads exactly `t=<1-16 digits>,v1=<hex>`, of the length that a key of that kind needs.
/// Code::unauthorized says which part is wrong and what it may be.
Result<Signature> parse_signature(std::string_view header, KeyKind kind);

/// The header that parse_signature() reads: `hex_digits` are a signer's, made at `time_ms`.
std::string signature_header(int64_t time_ms, std::string_view hex_digits);

/// How far the time of a signature may lie from the server's clock.
struct TimeWindow {
  std::chrono::seconds behind{120};
  std::chrono::seconds ahead{30};
};

/// Code::unauthorized where the time is outside the window; says so where it looks like seconds.
Status check_time(int64_t time_ms, int64_t server_time_ms, const TimeWindow& window);

/// Whether the next signature of a key must be later than its last accepted one. A last one that
/// lies further ahead than any may was accepted while the clock was wrong: once that is mended, it
/// does not bind until the clock comes to it. Until the key signs again, requests of the last
/// `behind` seconds can be replayed then; and while the clock is wrongly set back, requests of that
/// time.
bool is_binding(int64_t last_time_ms, int64_t server_time_ms, const TimeWindow& window);

struct SignedRequest {
  enum class Action : uint8_t { post, withdraw };
  Action action = Action::post;
  std::string_view host;         // one of PublicHosts::expected()
  std::string_view provider_id;  // as sent, in whatever spelling
  std::string_view time;         // Signature::time
  std::string_view body;         // of a post; a withdrawal signs no body
};

/// The exact text that the provider's key signs for this request. No part may hold a line break;
/// those of an HTTP request cannot.
std::string signed_text(const SignedRequest& request);

/// Construct one and share it: verify() may be called from many threads at once.
class Verifier {
 public:
  /// Whether the key's holder made `signature`, parsed for that kind of key, over `text`.
  /// Code::unauthorized says what is wrong with it.
  Status verify(const ProviderKey& key, std::string_view text, const Signature& signature) const;

 private:
  EthereumVerifier ethereum_;
  Ed25519Verifier ed25519_;
};

}  // namespace discovery
