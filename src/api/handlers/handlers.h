// What answers the paths of the API (router.h); each in a file of its own name, or nearly.
#pragma once

#include <string_view>

#include "api/context.h"
#include "api/router.h"
#include "api/services.h"

namespace discovery {

void list_advertisements(Services& services, Context& context, std::string_view part);
void post_advertisement(Services& services, Context& context, std::string_view part);
void show_advertisement(Services& services, Context& context, std::string_view part);
void withdraw_advertisement(Services& services, Context& context, std::string_view part);
void show_proof(Services& services, Context& context, std::string_view part);
void show_provider(Services& services, Context& context, std::string_view part);
void explain_matches(Services& services, Context& context, std::string_view part);
void show_stats(Services& services, Context& context, std::string_view part);
void watch_board(Services& services, Context& context, std::string_view part);
void show_caller(Services& services, Context& context, std::string_view part);
void show_health(Services& services, Context& context, std::string_view part);
void show_readiness(Services& services, Context& context, std::string_view part);
void show_openapi(Services& services, Context& context, std::string_view part);
void show_page(Services& services, Context& context, std::string_view part);
void redirect_page(Services& services, Context& context, std::string_view part);

/// OPTIONS, of any path.
void answer_preflight(Context& context, const Route& route);

}  // namespace discovery
