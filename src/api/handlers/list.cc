// Contract, section 1: finding advertisements.
#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>

#include "api/api.h"
#include "api/reply/list_body.h"
#include "base/hash.h"
#include "board/index/explain.h"
#include "query/cursor.h"
#include "query/percent.h"

namespace discovery {

namespace {

constexpr size_t kPrefetchDistance = 4;
constexpr size_t kJoinedBytesMax = 64 * 1024;  // longer lists are streamed, and not compressed
constexpr std::string_view kGzipped = "Content-Encoding: gzip\r\n";

uint64_t hash_of(const std::array<uint64_t, 3>& facts) {
  constexpr uint64_t kSeed = 0x93c467e37db0c7a4;  // any
  return keyed_hash({reinterpret_cast<const char*>(facts.data()), sizeof facts}, kSeed);
}

// As it may stand between < and >; the edge lets nothing into a target that is not visible ASCII.
void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '<' || c == '>' || c == '"') {
      out += c == '<' ? "%3C" : c == '>' ? "%3E" : "%22";
    } else {
      out += c;
    }
  }
}

// The same query behind another place; relative, so that it holds behind a proxy under a path, too.
void append_link(std::string& headers, std::string_view query, std::string_view cursor) {
  std::string name;
  headers += "Link: <?";
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    const bool is_read = percent_decode(pair.substr(0, pair.find('=')), Plus::space, name);
    if (pair.empty() || (is_read && name == "cursor")) continue;
    append_escaped(headers, pair);
    headers += '&';
  }
  headers.append("cursor=").append(cursor).append(">; rel=\"next\"\r\n");
}

// Whether the search for what follows a place looks at what lies before it, too.
bool searches_begin_anew(const Query& query) { return query.order.key != SortKey::board; }

// Of each row that may match, in the steps of Filter::cost().
uint32_t cost_of(const Query& query) {
  constexpr uint32_t kReading = 4;  // no code tells an id: the listing itself is read
  return query.filter.cost() + (query.order.key == SortKey::provider_id ? kReading : 0);
}

bool is_unchanged(const Request& request, uint64_t tag) {
  return !request.if_none_match.value.empty() &&
         names_tag(request.if_none_match.value, entity_tag(tag));
}

}  // namespace

void Api::list(Call& call, std::string_view /*id*/) {
  const std::string_view query = call.request.query;
  const Coding coding = preferred_coding(call.request.accept_encoding);
  if (!accepts(call, parse_query(query, options_.page_size_max, query_))) return;
  if (!is_loaded(call)) return;
  if (const uint32_t cost = cost_of(query_); cost != 0) {
    const auto candidates = [&](const Index& index) { return index.candidates(query_.filter); };
    if (!affords(call, board_.read(candidates) * cost)) return;
  }
  const RenderedPage* kept = coding == Coding::gzip ? pages_.find(query) : nullptr;
  uint64_t work_of_walk = 0;
  const Found found = board_.read([&](const Index& index) {
    find_page(index, call.now);
    if (found_.more && !query_.is_limited) {
      work_of_walk = hold_walk(call, index);
      return Found::walked;
    }
    tag_found();
    if (kept != nullptr && kept->tag != fresh_.tag) kept = nullptr;
    if (kept != nullptr || is_unchanged(call.request, fresh_.tag)) return Found::known;
    describe_found(query);
    const size_t bytes = measure_found();
    if (bytes > kJoinedBytesMax) return hold_found(call, bytes);
    render_found(bytes);
    return Found::rendered;
  });
  if (found == Found::walked) return send_walk(call, work_of_walk);
  if (found == Found::held) return send_page(call, fresh_, {});
  if (found == Found::rendered) return send_rendered(call, coding);
  // This thread still has the page, or the client knows it.
  if (kept != nullptr) return send_page(call, *kept, kept->body);
  send_page(call, fresh_, {});
}

// Who reads the board keeps the writer from it, so that no question may take long.
bool Api::affords(Call& call, uint64_t work) {
  if (work <= options_.search_work_max) return true;
  refuse(call, Faults{{{"query"},
                       "would have to read too many advertisements one by one; narrow it by "
                       "country, size or price"}});
  return false;
}

// Under the pin, as all up to render_found(): what leaves it is a copy, or counted handles.
void Api::find_page(const Index& index, BootTime now) {
  index.page(query_, now, found_);
  total_ = query_.count ? index.count(query_.filter, now) : 0;
}

void Api::tag_found() {
  const Selection selection(query_.fields);
  uint64_t tag = hash_of({query_.fields, 0, 0});
  const auto& listings = found_.listings;
  for (const Listing* listing : listings) tag = selection.hash(*listing, tag);
  const uint64_t end = found_.more ? Selection().hash(*listings.back(), 1) : 0;
  fresh_.tag = hash_of({tag, end, total_});
}

void Api::describe_found(std::string_view query) {
  fresh_.headers.assign("ETag: ").append(entity_tag(fresh_.tag)).append("\r\n");
  append_total();
  if (!found_.more) return;
  const Position end = position_of(*found_.listings.back(), query_);
  append_link(fresh_.headers, query, encode_cursor(end, query_.fingerprint()));
}

void Api::append_total() {
  if (!query_.count) return;
  fresh_.headers.append("X-Total-Count: ").append(std::to_string(total_)).append("\r\n");
}

size_t Api::measure_found() const {
  const auto& listings = found_.listings;
  const Selection selection(query_.fields);
  size_t bytes = 2 + (listings.empty() ? 0 : listings.size() - 1);
  for (const Listing* listing : listings) bytes += selection.size(*listing);
  return bytes;
}

// Too many to be joined before the reader takes them.
Api::Found Api::hold_found(Call& call, size_t bytes) {
  call.reply.source = std::make_shared<ListBody>(found_.listings, Selection(query_.fields));
  call.reply.source_bytes = bytes;
  return Found::held;
}

// More than a page may have: all of them are shown, a piece at a time. Where each search looks at
// everything anew, pieces are longer, so that there are fewer. Returns what these searches take.
uint64_t Api::hold_walk(Call& call, const Index& index) {
  uint64_t work = 0;
  query_.limit = options_.walk_piece;
  if (searches_begin_anew(query_)) {
    query_.limit = std::max(options_.walk_piece, options_.page_size_max);
    const uint64_t candidates = index.candidates(query_.filter);
    const uint64_t searches = 1 + candidates / query_.limit;
    work = candidates * searches * std::max<uint64_t>(1, cost_of(query_));
  }
  const size_t size = std::min(query_.limit, found_.listings.size());
  const auto first = std::span(found_.listings).first(size);
  query_.after = position_of(*first.back(), query_);
  call.reply.source = std::make_shared<ListBody>(first, Selection(query_.fields),
                                                 ListBody::Walk{board_, clock_, query_});
  return work;
}

void Api::render_found(size_t bytes) {
  const auto& listings = found_.listings;
  const Selection selection(query_.fields);
  fresh_.body.clear();
  fresh_.body.reserve(bytes);
  for (size_t i = 0; i < listings.size(); ++i) {
    if (i + kPrefetchDistance < listings.size()) listings[i + kPrefetchDistance]->prefetch();
    fresh_.body += i == 0 ? '[' : ',';
    selection.append(*listings[i], fresh_.body);
  }
  fresh_.body += listings.empty() ? "[]" : "]";
}

// Compressed where that is wanted and affordable, and then kept.
void Api::send_rendered(Call& call, Coding coding) {
  if (coding != Coding::gzip || !gzip_.compress(fresh_.body, call.now, body_)) {
    return send_page(call, fresh_, fresh_.body);
  }
  fresh_.body.swap(body_);
  fresh_.headers += kGzipped;
  const RenderedPage& page = pages_.put(call.request.query, std::move(fresh_));
  send_page(call, page, page.body);
}

// It has no tag: what it shows is known only at its end.
void Api::send_walk(Call& call, uint64_t work) {
  if (work > options_.search_work_max) {
    call.reply.source.reset();
    return refuse(call,
                  Faults{{{"query"},
                          "matches too many advertisements to be sorted as a whole; give it a "
                          "limit, or leave out sort"}});
  }
  fresh_.headers.clear();
  append_total();
  call.reply.further_headers = fresh_.headers;
  send(call, {});
}

void Api::send_page(Call& call, const RenderedPage& page, std::string_view body) {
  call.reply.caching = Caching::no_cache;
  call.reply.further_headers = page.headers;
  if (!is_unchanged(call.request, page.tag)) return send(call, body);
  const std::string tag_alone = "ETag: " + entity_tag(page.tag) + "\r\n";
  call.reply.status = 304;
  call.reply.content_type = ContentType::none;
  call.reply.further_headers = tag_alone;
  send(call, {});
}

}  // namespace discovery
