// JSON in: the body of a post, checked field by field against the contract's table (section 1).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "advertisement/advertisement.h"

namespace discovery {

/// One fault of a request, as it stands in a 422's `detail`.
struct Fault {
  std::vector<std::string> location;  // {"body", "resources", "cpu"}
  std::string message;                // "must be an integer from 1 to 2147483647"
  std::string type = "value_error";
};
using Faults = std::vector<Fault>;

enum class AddressPolicy { any, public_only };

/// What the board itself contributes to an advertisement.
struct CodecOptions {
  std::string network;           // for advertisements that name none; normalised, may be empty
  std::string payments_network;  // likewise
  AddressPolicy address_policy = AddressPolicy::any;
};

/// Parses posts. Keeps its parser's memory between calls: one per thread, not synchronised.
class Codec {
 public:
  explicit Codec(CodecOptions options);
  ~Codec();
  Codec(Codec&&) noexcept;

  /// Fills all of `out` but provider_id and verified. Every fault of the body is appended to
  /// `faults`, one for each place and at most limits::kBodyFaults; `out` is usable only if there is
  /// none.
  void parse(std::string_view body, Advertisement& out, Faults& faults);

  /// The columns of a stored row. Empty text stands for null; resources and pricing are JSON texts.
  struct Columns {
    std::string_view provider_id, provider_name, ip_address, country, platform, network,
        payments_network, resources, pricing;
  };
  /// Checks a row by the same rules as a post (address policy and the board's own networks
  /// included) and fills all of `out` but verified. The provider id is copied: canonical if the
  /// caller's is. False: the contract refuses the row.
  bool parse(const Columns& columns, Advertisement& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Lower-cases and checks a platform (1-32 of `a-z 0-9 _ . -`; amd64 and aarch64 renamed). False:
/// refused.
bool normalise_platform(std::string_view text, std::string& out);

/// Lower-cases and checks a network name (1-64 of `a-z 0-9 _ . : -`). False: refused.
bool normalise_network(std::string_view text, std::string& out);

/// Whether a further resource can be called so: `[a-z][a-z0-9_]{0,31}`.
bool is_resource_name(std::string_view name);

/// Leaves a provider's name in `out`: as sent, but blanks alone are no name. Returns why a provider
/// cannot be called so; empty where it can.
std::string_view normalise_provider_name(std::string_view text, std::string& out);

/// Appends `text` as a JSON string with its quotes. `text` must be valid UTF-8.
void append_json_string(std::string& out, std::string_view text);

}  // namespace discovery
