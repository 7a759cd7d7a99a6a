// Contract, section 2: the API's own description.
#include "api/openapi.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <string>

#include "api/errors.h"
#include "api/handlers/handlers.h"

namespace discovery {

namespace {

// Its server is relative to the address it comes from, of which there are several.
std::string document_with_server(std::string_view url) {
  constexpr std::string_view kServer = R"("servers": [{"url": ".)";
  std::string document(openapi_document());
  const size_t at = document.find(kServer);
  assert(at != document.npos);
  document.replace(at + kServer.size() - 1, 1, url);
  return document;
}

}  // namespace

void show_openapi(Services& /*services*/, Context& context, std::string_view /*part*/) {
  static const std::array documents{document_with_server("."), document_with_server(".."),
                                    document_with_server("../.."),
                                    document_with_server("../../..")};
  const auto folders = std::ranges::count(context.request.path, '/') - 1;
  const std::string& document = documents.at(static_cast<size_t>(folders));
  context.reply.body_owner = process_owned(&document);
  send(context, document);
}

}  // namespace discovery
