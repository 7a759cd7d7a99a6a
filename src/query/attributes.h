// What expressions call the fields of an advertisement, and what their texts may be.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "query/expression.h"

namespace discovery {

enum class ValueKind : uint8_t { number, text, truth };

ValueKind kind_of(Attribute attribute);

/// A field's name as q spells it.
struct AttributeName {
  enum class Style : uint8_t { own, golem_base };
  std::string_view text;
  Attribute attribute = Attribute::cpu;
  Style style = Style::own;  // golem_base: numbers may also stand in quotes
};

/// Null for an unknown name. Names with a key, such as resources.gpu, are not among them.
const AttributeName* find_attribute(std::string_view name);

/// The known name that was probably meant by `name`; empty where none is near.
std::string nearest_attribute(std::string_view name);

/// The name under which an attribute is shown; for those with a key, what stands before it.
std::string_view name_of(Attribute attribute);

/// A text as posts are normalised. Code::invalid: it can never be valid for its field.
Result<std::string> canonical_text(Attribute attribute, std::string_view text);

/// The form in which a Term keeps its numbers and texts.
template <class Value>
void sort_unique(std::vector<Value>& values) {
  std::ranges::sort(values);
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

/// At most 64 code points of untrusted input, for messages.
std::string shortened(std::string_view text);

}  // namespace discovery
