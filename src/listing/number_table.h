// The numbers of a listing's resources and pricing, by key: parsed once, at the post, so that no
// query parses text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace discovery {

/// A key of resources or pricing, hashed once for all listings that are asked for it.
struct NumberKey {
  NumberKey() = default;
  NumberKey(std::string_view key);
  bool operator==(const NumberKey& other) const { return text == other.text; }

  std::string text;
  uint32_t hash = 0;
};

/// One number of a JSON object. A value type.
struct KeyedNumber {
  double value = 0;
  uint32_t hash = 0;       // NumberKey::hash
  uint16_t key_begin = 0;  // of the key, in the text that holds the object
  uint16_t key_size = 0;
};

/// The numbers among the members of one object, sorted by hash.
using NumberTable = std::vector<KeyedNumber>;

/// Of the object at `begin` of `text`, `size` bytes that this service has rendered itself: compact
/// and valid. Members named by `left_out` are left out, and so are keys that JSON escapes.
NumberTable number_table(std::string_view text, size_t begin, size_t size,
                         std::span<const std::string_view> left_out);

/// Null where `table`, which is sorted, has none. `text` as for number_table().
const double* find_number(std::span<const KeyedNumber> table, std::string_view text,
                          const NumberKey& key);

}  // namespace discovery
