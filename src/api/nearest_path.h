// Which path was meant by one at which there is nothing.
#pragma once

#include <string>
#include <string_view>

namespace discovery {

/// The known path that `path`, as a target carries it, comes near to: with slashes doubled or
/// encoded, another or no version in front, the prefix of a proxy, other case, an extension, or a
/// slip or two. Ids are left as they are. Empty where nothing is near.
std::string nearest_path(std::string_view path);

}  // namespace discovery
