#include "api/watch/event_id.h"

#include <array>
#include <charconv>

namespace discovery {

namespace {

std::string to_hex_text(uint64_t number) {
  std::array<char, 16> digits;
  char* const end = std::to_chars(digits.begin(), digits.end(), number, 16).ptr;
  return {digits.begin(), end};
}

// Consumes one number and what separates it from the next.
std::optional<uint64_t> take_number(std::string_view& text) {
  uint64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number, 16);
  if (parsed.ec != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(parsed.ptr - text.data()));
  if (text.starts_with('-')) text.remove_prefix(1);
  return number;
}

}  // namespace

std::string to_text(const EventId& id) {
  return to_hex_text(id.epoch) + '-' + to_hex_text(id.filter) + '-' + to_hex_text(id.revision) +
         (id.in_snapshot ? "-s" : "");
}

std::optional<EventId> parse_event_id(std::string_view text) {
  std::string_view rest = text;
  const auto epoch = take_number(rest);
  const auto filter = epoch ? take_number(rest) : std::nullopt;
  const auto revision = filter ? take_number(rest) : std::nullopt;
  if (!revision) return std::nullopt;
  const EventId id{*epoch, *filter, *revision, rest == "s"};
  return to_text(id) == text ? std::optional(id) : std::nullopt;
}

}  // namespace discovery
