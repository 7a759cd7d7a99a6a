#include "advertisement/fault_list.h"

#include <algorithm>

#include "base/limits.h"

namespace discovery {
namespace {

constexpr size_t kElementBytesMax = 64;

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

std::string shortened(std::string_view element) {
  if (element.size() <= kElementBytesMax) return std::string(element);
  size_t length = kElementBytesMax;
  while (is_continuation(element[length])) --length;
  return std::string(element.substr(0, length)) + "…";
}

}  // namespace

void FaultList::add(Location location, std::string message) {
  if (faults_.size() - begin_ >= limits::kBodyFaults) return;
  Fault fault;
  std::transform(location.begin(), location.end(), std::back_inserter(fault.location), shortened);
  fault.message = std::move(message);
  const bool known =
      std::any_of(faults_.begin() + static_cast<std::ptrdiff_t>(begin_), faults_.end(),
                  [&](const Fault& earlier) { return earlier.location == fault.location; });
  if (!known) faults_.push_back(std::move(fault));
}

}  // namespace discovery
