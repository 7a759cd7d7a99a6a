// The board as a web page, and one to try the interface in (contract, section 2).
#include <algorithm>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>

#include "api/errors.h"
#include "api/handlers/handlers.h"
#include "api/reply/gzip.h"
#include "api/reply/negotiation.h"
#include "api/web_files.h"

namespace discovery {

namespace {

// The page shows untrusted text, so that nothing may run or load that is not ours.
// Icons within style sheets are data.
constexpr std::string_view kGuards =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n";

}  // namespace

const WebFile* find_web_file(std::string_view path) {
  const auto files = web_files();
  const auto found = std::ranges::find(files, path, &WebFile::path);
  return found == files.end() ? nullptr : &*found;
}

std::string_view plain_form(const WebFile& file) {
  struct Plain {
    std::once_flag once;
    std::string text;
  };
  static std::deque<Plain> plain(web_files().size());
  Plain& own = plain[static_cast<size_t>(&file - web_files().data())];
  std::call_once(own.once, [&] {
    std::string text(file.size, '\0');
    if (!gunzip(file.gzip(), text)) {
      throw std::runtime_error("a file of the page cannot be unpacked");
    }
    own.text = std::move(text);
  });
  return own.text;
}

void show_page(Services& services, Context& context, std::string_view part) {
  const WebFile* const file = find_web_file(part);
  if (file == nullptr)
    return refuse(services, context, 404, "HTTP_404", "there is nothing at this path");
  Reply& reply = context.reply;
  reply.sharing = Sharing::own_origin;
  reply.caching = file->is_immutable() ? Caching::for_ever : Caching::no_cache;
  std::string headers = "ETag: " + std::string(file->tag) + "\r\n" + std::string(kGuards);
  const Field& known = context.request.if_none_match;
  if (!known.value.empty() && names_tag(known.value, "W/" + std::string(file->tag))) {
    reply.status = 304;
    reply.content_type = ContentType::none;
    reply.further_headers = headers;
    return send(context, {});
  }
  reply.content_type = ContentType::other;
  reply.media_type = file->media_type;
  const bool is_packed = preferred_coding(context.request.accept_encoding) == Coding::gzip;
  if (is_packed) headers += "Content-Encoding: gzip\r\n";
  reply.further_headers = headers;
  reply.body_owner = process_owned(file);
  send(context, is_packed ? file->gzip() : plain_form(*file));
}

// Relative, so that it leads to the right place behind a proxy under a path, too.
void redirect_page(Services& /*services*/, Context& context, std::string_view part) {
  const bool is_below = context.request.path.ends_with('/');
  const std::string location = "Location: " + std::string(is_below ? "../" : "") +
                               std::string(part.substr(part.rfind('/') + 1)) + "\r\n";
  context.reply.status = 308;
  context.reply.content_type = ContentType::none;
  context.reply.further_headers = location;
  send(context, {});
}

}  // namespace discovery
