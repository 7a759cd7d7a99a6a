// The board as a web page, and one to try the interface in (contract, section 1, "Others").
#include <algorithm>
#include <stdexcept>

#include "api/api.h"
#include "api/reply/gzip.h"
#include "api/reply/static_files.h"

namespace discovery {

namespace {

// What is stored here by strangers is shown, so that nothing may run or load that is not ours.
// Icons within style sheets are data.
constexpr std::string_view kGuards =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n";

}  // namespace

const StaticFile* find_static_file(std::string_view path) {
  const auto files = static_files();
  const auto found = std::ranges::find(files, path, &StaticFile::path);
  return found == files.end() ? nullptr : &*found;
}

std::string unpack(const StaticFile& file) {
  std::string text(file.size, '\0');
  if (!gunzip(file.gzip(), text)) throw std::runtime_error("a file of the page cannot be unpacked");
  return text;
}

void Api::page(Call& call, std::string_view path) {
  const StaticFile* const file = find_static_file(path);
  if (file == nullptr) return refuse(call, 404, "HTTP_404", "there is nothing at this path");
  Reply& reply = call.reply;
  reply.sharing = Sharing::own_origin;
  reply.caching = file->is_immutable() ? Caching::for_ever : Caching::no_cache;
  std::string headers = "ETag: " + std::string(file->tag) + "\r\n" + std::string(kGuards);
  const Field& known = call.request.if_none_match;
  if (!known.value.empty() && names_tag(known.value, "W/" + std::string(file->tag))) {
    reply.status = 304;
    reply.content_type = ContentType::none;
    reply.further_headers = headers;
    return send(call, {});
  }
  reply.content_type = ContentType::other;
  reply.media_type = file->media_type;
  const bool is_packed = preferred_coding(call.request.accept_encoding) == Coding::gzip;
  if (is_packed) headers += "Content-Encoding: gzip\r\n";
  reply.further_headers = headers;
  if (is_packed) return send(call, file->gzip());
  body_ = unpack(*file);
  send(call, body_);
}

// Relative, so that it leads to the right place behind a proxy under a path, too.
void Api::redirect(Call& call, std::string_view file) {
  const bool is_below = call.request.path.ends_with('/');
  const std::string location = "Location: " + std::string(is_below ? "../" : "") +
                               std::string(file.substr(file.rfind('/') + 1)) + "\r\n";
  call.reply.status = 308;
  call.reply.content_type = ContentType::none;
  call.reply.further_headers = location;
  send(call, {});
}

}  // namespace discovery
