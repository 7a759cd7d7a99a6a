// A provider id, a header, a host and a body, each on its line: nothing may crash, what is read
// must be written again alike, and no signature verifies but the few that were made.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "identity/hex.h"
#include "identity/provider_id.h"
#include "identity/public_hosts.h"
#include "identity/signature.h"

namespace {

using namespace discovery;

[[noreturn]] void stop(const char* message, std::string_view text) {
  std::fprintf(stderr, "%s: %.*s\n", message, static_cast<int>(text.size()), text.data());
  std::abort();
}

std::string_view take_line(std::string_view& rest) {
  const size_t end = std::min(rest.find('\n'), rest.size());
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return line;
}

// The seeds of the corpus alone carry good signatures, and all were made for this.
bool was_signed(const SignedRequest& request) {
  const bool is_body = request.action == SignedRequest::Action::withdraw || request.body == "{}";
  return is_body && request.host == "board.example" && request.time == "1760000000123";
}

void check(const Verifier& verifier, std::string_view id, std::string_view header,
           std::string_view host, std::string_view body) {
  const auto provider = ProviderId::parse(id);
  if (!provider) return;
  const auto key = key_of(provider->text());
  if (!key) return;
  const auto signature = parse_signature(header, key->kind);
  if (!signature) return;

  const std::string hex = to_hex(std::span(signature->bytes).first(signature->size));
  const auto again = parse_signature("t=" + signature->time + ",v1=" + hex, key->kind);
  if (!again || !(*again == *signature)) stop("not the same signature", header);

  for (const auto action : {SignedRequest::Action::post, SignedRequest::Action::withdraw}) {
    const SignedRequest request{action, host, id, signature->time, body};
    const std::string text = signed_text(request);
    if (std::count(text.begin(), text.end(), '\n') != 5) stop("not six lines", text);
    if (!verifier.verify(*key, text, *signature)) continue;
    if (!was_signed(request)) stop("forged", text);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Verifier verifier;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const std::string_view id = take_line(rest);
  const std::string_view header = take_line(rest);
  const std::string_view host = take_line(rest);
  check(verifier, id, header, host, rest);
  if (const auto name = normalise_host(host); name && normalise_host(*name).value() != *name) {
    stop("not the same host", host);
  }
  return 0;
}
