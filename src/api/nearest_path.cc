#include "api/nearest_path.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/ascii.h"
#include "base/nearest_name.h"
#include "query/percent_encoding.h"

namespace discovery {

namespace {

constexpr size_t kPathBytesMax = 512;  // of a path that is compared
constexpr size_t kPartBytesMax = 64;   // longer parts are ids
constexpr size_t kPrefixPartsMax = 4;  // of a proxy's path

enum class Behind : uint8_t { nothing, id, optional_id };  // what follows the name

struct KnownPath {
  std::string_view name;
  std::string_view path;
  Behind behind = Behind::nothing;
};

constexpr std::array<KnownPath, 19> kKnownPaths{{
    {"advertisements", "/api/v1/advertisements", Behind::optional_id},
    {"ads", "/api/v1/advertisements", Behind::optional_id},
    {"offers", "/api/v1/advertisements", Behind::optional_id},
    {"providers", "/api/v1/providers", Behind::id},
    {"explain", "/api/v1/explain"},
    {"stats", "/api/v1/stats"},
    {"statistics", "/api/v1/stats"},
    {"watch", "/api/v1/watch"},
    {"whoami", "/api/v1/whoami"},
    {"health", "/health"},
    {"status", "/health"},
    {"livez", "/health"},
    {"ready", "/ready"},
    {"readyz", "/ready"},
    {"openapi", "/openapi.json"},
    {"docs", "/docs"},
    {"swagger", "/docs"},
    {"redoc", "/docs"},
    {"index", "/"},
}};

using Parts = std::vector<std::string_view>;

// Encoded slashes separate, too; what is between slashes is left as it is.
Parts split(std::string_view path) {
  Parts parts;
  while (!path.empty()) {
    size_t end = 0, skipped = 1;
    for (; end < path.size() && path[end] != '/'; ++end) {
      const std::string_view code = path.substr(end, 3);
      if (code != "%2F" && code != "%2f") continue;
      skipped = 3;
      break;
    }
    if (end > 0) parts.push_back(path.substr(0, end));
    path.remove_prefix(std::min(end + skipped, path.size()));
  }
  return parts;
}

// In lower case; empty where it is none of the names.
std::string decoded(std::string_view part) {
  std::string text;
  if (part.size() > kPartBytesMax || !percent_decode(part, Plus::literal, text)) return {};
  return lower_case(text);
}

bool is_version(std::string_view part) {
  return part == "api" || (part.size() > 1 && part.front() == 'v' &&
                           std::ranges::all_of(part.substr(1), is_ascii_digit));
}

std::string_view without_extension(std::string_view name) {
  for (const std::string_view extension : {".json", ".html", ".htm", ".php", ".xml", ".yaml"}) {
    if (name.ends_with(extension)) return name.substr(0, name.size() - extension.size());
  }
  return name;
}

const KnownPath* nearest(std::string_view part) {
  NearestName candidate(part);
  for (const KnownPath& known : kKnownPaths) candidate.consider(known.name);
  const auto found = std::ranges::find(kKnownPaths, candidate.nearest(), &KnownPath::name);
  return found == kKnownPaths.end() ? nullptr : &*found;
}

bool is_like_proof(std::string_view part) {
  NearestName candidate(part);
  candidate.consider("proof");
  return !candidate.nearest().empty();
}

// The rest of the path: an id, and of advertisements perhaps its proof.
std::string with_rest(const KnownPath& known, std::span<const std::string_view> rest) {
  std::string path(known.path);
  if (rest.empty()) return known.behind == Behind::id ? path + "/{provider_id}" : path;
  if (known.behind == Behind::nothing) return {};
  path.append(1, '/').append(rest.front());
  if (rest.size() == 1) return path;
  const bool is_proof =
      known.behind == Behind::optional_id && rest.size() == 2 && is_like_proof(decoded(rest[1]));
  return is_proof ? path + "/proof" : std::string();
}

}  // namespace

std::string nearest_path(std::string_view path) {
  if (path.size() > kPathBytesMax) return {};
  const Parts parts = split(path);
  // What stands before the version, the name of a proxy's path for instance, is left out. Behind
  // a known name there are ids, which may be called anything.
  size_t first = 0;
  for (size_t i = 0; i < parts.size() && i <= first + kPrefixPartsMax; ++i) {
    const std::string part = decoded(parts[i]);
    if (is_version(part)) {
      first = i + 1;
    } else if (first > 0 || nearest(without_extension(part)) != nullptr) {
      break;
    }
  }
  const std::span<const std::string_view> rest = std::span(parts).subspan(first);
  if (rest.empty()) return first > 0 ? "/docs" : "";
  const std::string name = decoded(rest.front());
  const KnownPath* const known = nearest(without_extension(name));
  return known == nullptr ? std::string() : with_rest(*known, rest.subspan(1));
}

}  // namespace discovery
