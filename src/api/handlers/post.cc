// Contract, section 1: posting an advertisement.
#include <algorithm>
#include <string>
#include <utility>

#include "api/errors.h"
#include "api/handlers/handlers.h"
#include "api/handlers/write_request.h"
#include "net/http1/field_list.h"
#include "query/attributes.h"

namespace discovery {

namespace {

// `application/json` or `*/*+json`, whatever its parameters; none at all counts as JSON.
bool is_json(const Field& content_type) {
  std::string_view parameters = content_type.value;
  const std::string_view type = take_part(parameters, ';');
  if (content_type.count > 1) return false;
  if (content_type.value.empty() || is_called(type, "application/json")) return true;
  constexpr std::string_view kSuffix = "+json";
  const size_t slash = type.find('/');
  return slash != 0 && slash != std::string_view::npos &&
         type.size() - slash - 1 > kSuffix.size() &&
         is_called(type.substr(type.size() - kSuffix.size()), kSuffix);
}

// Bodies are read as they come; `identity` says that they are not encoded.
bool is_plain(std::string_view content_encoding) {
  while (!content_encoding.empty()) {
    const std::string_view coding = take_part(content_encoding, ',');
    if (!coding.empty() && !is_called(coding, "identity")) return false;
  }
  return true;
}

// Answers by itself where the body is not plain JSON by its headers.
bool takes_media(Services& services, Context& context) {
  const std::string_view encoding = context.request.content_encoding.value;
  if (!is_plain(encoding)) {
    context.reply.further_headers = "Accept-Encoding: identity\r\n";
    const bool is_legible =
        std::ranges::all_of(encoding, [](char c) { return c >= ' ' && c <= '~'; });
    const std::string named = is_legible ? " '" + shortened(encoding) + "'" : "";
    refuse(services, context, 415, "HTTP_415",
           "the Content-Encoding" + named +
               " is not taken: send the body as it is, without that header");
    return false;
  }
  if (is_json(context.request.content_type)) return true;
  refuse(services, context, 415, "HTTP_415", "the body must be application/json");
  return false;
}

}  // namespace

void post_advertisement(Services& services, Context& context, std::string_view /*part*/) {
  context.poster = &context.credentials;
  if (!takes_media(services, context)) return;
  if (!has_credentials(services, context)) return;
  Faults faults;
  check_credentials(context, faults);
  Advertisement& advertisement = services.buffers.advertisement;
  services.buffers.parser.parse(context.request.body, advertisement, faults);
  if (!faults.empty()) return refuse(services, context, faults);
  std::optional<ProofPtr> proof = authenticate(services, context);
  if (!proof) return;
  advertisement.provider_id = context.credentials.provider_id;
  advertisement.verified = *proof != nullptr;
  Post post{Listing::draft(advertisement), *std::move(proof), context.client};
  const Status queued =
      services.board.publish(std::move(post), answer_later(services, context), context.now);
  if (!queued) refuse_busy(services, context, "the store cannot take writes now");
}

}  // namespace discovery
