#include "api/router.h"

#include "api/handlers/handlers.h"
#include "api/web_files.h"

namespace discovery {

namespace {

constexpr std::string_view kBoardPath = "/api/v1/advertisements";
constexpr std::string_view kProvidersPath = "/api/v1/providers/";
constexpr std::string_view kProofPart = "/proof";
constexpr std::string_view kReadOnly = "GET, HEAD, OPTIONS";

// Of a path.
bool is_one_part(std::string_view text) {
  return !text.empty() && text.find('/') == std::string_view::npos;
}

Route reading(HandlerFunction get, std::string_view part = {}) {
  return {.get = get, .allow = kReadOnly, .part = part};
}

Route uncounted(HandlerFunction get, std::string_view part) {
  return {.get = get, .allow = kReadOnly, .counted = false, .part = part};
}

Route probe(HandlerFunction get) {
  return {.get = get, .allow = kReadOnly, .counted = false, .is_probe = true, .part = {}};
}

// `rest` follows kBoardPath.
Route board_route(std::string_view rest) {
  if (rest.empty()) {
    return {.get = list_advertisements,
            .post = post_advertisement,
            .allow = "GET, HEAD, POST, OPTIONS",
            .part = {}};
  }
  if (rest.front() != '/') return {};
  rest.remove_prefix(1);
  if (is_one_part(rest)) {
    return {.get = show_advertisement,
            .remove = withdraw_advertisement,
            .allow = "GET, HEAD, DELETE, OPTIONS",
            .part = rest};
  }
  if (!rest.ends_with(kProofPart)) return {};
  rest.remove_suffix(kProofPart.size());
  return is_one_part(rest) ? reading(show_proof, rest) : Route{};
}

}  // namespace

Route route_of(std::string_view path) {
  const bool has_slash = path.size() > 1 && path.ends_with('/');
  if (has_slash) path.remove_suffix(1);
  if (path.starts_with(kBoardPath)) return board_route(path.substr(kBoardPath.size()));
  if (path.starts_with(kProvidersPath)) {
    const std::string_view id = path.substr(kProvidersPath.size());
    return is_one_part(id) ? reading(show_provider, id) : Route{};
  }
  if (path == "/api/v1/explain") return reading(explain_matches);
  if (path == "/api/v1/stats") return reading(show_stats);
  if (path == "/api/v1/watch") return reading(watch_board);
  if (path == "/api/v1/whoami") return reading(show_caller);
  if (path == "/health") return probe(show_health);
  if (path == "/ready") return probe(show_readiness);
  if (path == "/openapi.json" || path == "/api/v1/openapi.json") return reading(show_openapi);
  if (path == "/redoc") return uncounted(redirect_page, "/docs");
  if (find_web_file(path)) {
    // What a page refers to is relative to its address: a slash at its end would lead elsewhere.
    return uncounted(has_slash ? redirect_page : show_page, path);
  }
  if (path == "*") return {.allow = "GET, HEAD, POST, DELETE, OPTIONS", .part = {}};
  return {};
}

}  // namespace discovery
