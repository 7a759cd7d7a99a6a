// Whether a post or withdrawal is its provider's own (contract, section 5).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "api/access/credentials.h"
#include "identity/public_hosts.h"
#include "identity/signature.h"
#include "net/http1/exchange.h"
#include "store/store.h"

namespace discovery {

struct AuthOptions {
  bool signed_only = false;  // the setting AUTH
  PublicHosts public_hosts{{}};
  TimeWindow window;
  bool shows_expected_text = false;  // the setting DEBUG
};

/// Why it is not the provider's, or not provably so.
struct AuthFault {
  std::string_view code;  // AUTH_001, AUTH_002 or AUTH_005
  std::string message;
  std::optional<int64_t> server_time_ms;  // AUTH_002
  std::optional<int64_t> last_time_ms;    // AUTH_002 of a signature that is good otherwise
  std::string expected_text;              // AUTH_001, where it may be shown
  bool examined = false;                  // took a verification
};

/// A value of its own for each thread; check() changes nothing.
class Authenticator {
 public:
  explicit Authenticator(AuthOptions options) : options_(std::move(options)) {}

  /// A proof of a good signature, null of a request that need not be signed. `credentials` are the
  /// request's and have a provider id. Cheap checks come first.
  std::variant<ProofPtr, AuthFault> check(const Request& request, const Credentials& credentials,
                                          int64_t server_time_ms) const;

  /// What to say of an unsigned request for a pinned provider; `header` is its
  /// X-Provider-Signature where that is still known.
  static AuthFault unsigned_fault(std::string_view header = {});
  /// What to say of a time that is not newer than the last accepted one.
  static AuthFault stale_fault(int64_t server_time_ms, int64_t last_time_ms);

  bool takes_any_host() const { return options_.public_hosts.empty(); }

 private:
  std::variant<ProofPtr, AuthFault> check_unsigned(const Credentials& credentials,
                                                   std::string_view header) const;
  std::optional<AuthFault> check_time(const Request& request, const Credentials& credentials,
                                      const Signature& signature, int64_t server_time_ms) const;
  /// The text that was signed, or a fault that says why none was.
  std::variant<std::string, AuthFault> verify(const Request& request, const ProviderKey& key,
                                              const Signature& signature) const;

  const AuthOptions options_;
  const Verifier verifier_;
};

}  // namespace discovery
