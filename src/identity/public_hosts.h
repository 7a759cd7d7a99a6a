// The names of this board, which signatures must name (contract, section 5; setting PUBLIC_HOSTS).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace discovery {

/// One name of the setting in the form that is signed: lower-case, `host` or `host:port`, IPv6 in
/// brackets, port 1 to 65535. Code::invalid says what it may hold.
Result<std::string> normalise_host(std::string_view text);

/// Says which host a signature must name. Immutable, so safe to share between threads.
class PublicHosts {
 public:
  /// Of names that normalise_host() returned; none: any host a request names is taken.
  explicit PublicHosts(std::vector<std::string> names) : names_(std::move(names)) {}

  bool empty() const { return names_.empty(); }
  const std::vector<std::string>& names() const { return names_; }

  /// The hosts that the signature of a request with this Host may name, the likeliest first; one or
  /// two. Where names are set the Host only chooses among them, and an unlisted one means the
  /// first.
  ///
  /// Signers leave the default port of their URL's scheme out, but not all clients leave it out of
  /// Host, and behind a TLS proxy the scheme is unknown here: with `Host: h:443` a provider that
  /// was given https://h:443 signs `h`, one given http://h:443 signs `h:443`. So ports 80 and 443
  /// may be signed or left out; the server at `h` answers for both.
  std::vector<std::string> expected(std::string_view host) const;

 private:
  std::vector<std::string> names_;
};

}  // namespace discovery
