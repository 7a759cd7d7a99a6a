// Parameter names of other interfaces and their equivalents here.
#pragma once

#include <string>
#include <string_view>

namespace discovery {

/// A name as synonyms are compared: letters and digits alone, in lower case.
std::string plain_name(std::string_view name);

/// The names of one thing: as a parameter, in q, and as a field of an advertisement; empty where it
/// has none. What only q can ask for has "q" as its parameter.
struct Synonym {
  std::string_view words;  // separated by blanks, each as plain_name() writes it
  std::string_view parameter, field, member;
};

/// Null where the word is not known.
const Synonym* find_synonym(std::string_view plain_name);

/// What a list offers in place of a parameter of that name; empty where the word is not known.
std::string_view advice_on_lists(std::string_view plain_name);

/// Whether an EventSource polyfill sends the last event's id under that name.
bool is_last_event_id(std::string_view plain_name);

/// Whether such a polyfill adds that parameter to its URL, with nothing to say by it to this
/// server.
bool is_added_by_polyfills(std::string_view name);

}  // namespace discovery
