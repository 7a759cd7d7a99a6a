// Contract, section 1: finding advertisements.
#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>

#include "api/errors.h"
#include "api/handlers/handlers.h"
#include "api/handlers/request_checks.h"
#include "api/reply/conditional.h"
#include "api/reply/list_body.h"
#include "api/reply/metered_body.h"
#include "api/reply/negotiation.h"
#include "api/reply/selection.h"
#include "base/hash.h"
#include "base/limits.h"
#include "board/index/relaxations.h"
#include "query/cursor.h"
#include "query/percent_encoding.h"

namespace discovery {

namespace {

constexpr size_t kPrefetchDistance = 4;
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

// The same query from another position on; relative, so that it holds behind a proxy under a path,
// too.
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

// Whether the search for what follows a position looks at what lies before it, too.
bool searches_begin_anew(const Query& query) { return query.order.key != SortKey::board; }

// Of each row that may match, in the steps of Filter::cost().
uint32_t cost_of(const Query& query) {
  constexpr uint32_t kReading = 4;  // ids and GLM prices have no codes: the listing itself is read
  const SortKey key = query.order.key;
  const bool reads = key == SortKey::provider_id || key == SortKey::glm_price;
  return query.filter.cost() + (reads ? kReading : 0);
}

/// The answer to one question, from the search to the last byte.
class ListAnswer {
 public:
  /// `services.buffers` holds the question.
  ListAnswer(Services& services, Context& context)
      : services_(services),
        context_(context),
        query_(services.buffers.query),
        page_(services.buffers.page),
        rendered_(services.buffers.rendered),
        limit_(search_limit(services)) {}

  void send();

 private:
  enum class Found { known, rendered, held, walked, unfinished };

  void find_page(const Index& index);
  void tag_page();
  void describe_page(std::string_view query);
  void append_total();
  size_t measure_page() const;
  std::shared_ptr<BodySource> metered(ListBody body);
  Found hold_page(size_t bytes);
  uint64_t hold_walk(const Index& index);
  void render_page(size_t bytes);
  void send_rendered(Coding coding);
  void send_kept(const KeptPage& page);
  void send_walk(uint64_t work);

  Services& services_;
  Context& context_;
  Query& query_;
  Page& page_;
  RenderedPage& rendered_;
  ScanLimit limit_;
  uint64_t total_ = 0;  // that match, where they are counted
};

void ListAnswer::send() {
  const std::string_view query = context_.request.query;
  const Coding coding = preferred_coding(context_.request.accept_encoding);
  KeptPage kept = coding == Coding::gzip ? services_.pages.find(query) : nullptr;
  uint64_t work_of_walk = 0;
  const Found found = services_.board.read([&](const Index& index) {
    find_page(index);
    // What is sent in pieces goes on from where the time was up; of the rest nothing is known.
    const bool goes_on = page_.more && !query_.is_limited;
    if (limit_.was_over() && !(goes_on && page_.reached && !query_.count)) return Found::unfinished;
    if (goes_on) {
      work_of_walk = hold_walk(index);
      return Found::walked;
    }
    tag_page();
    if (kept != nullptr && kept->tag != rendered_.tag) kept = nullptr;
    if (kept != nullptr || is_known(context_.request, rendered_.tag)) return Found::known;
    describe_page(query);
    const size_t bytes = measure_page();
    if (bytes > limits::kJoinedListBytes) return hold_page(bytes);
    render_page(bytes);
    return Found::rendered;
  });
  if (found == Found::unfinished) return refuse_unfinished(services_, context_);
  if (found == Found::walked) return send_walk(work_of_walk);
  if (found == Found::held) return send_unless_known(context_, rendered_, {});
  if (found == Found::rendered) return send_rendered(coding);
  // This thread still has the page, or the client knows it.
  if (kept != nullptr) return send_kept(kept);
  send_unless_known(context_, rendered_, {});
}

// Under the pin, as all up to render_page(): what leaves it is a copy, or counted handles.
void ListAnswer::find_page(const Index& index) {
  index.page(query_, context_.now, limit_, page_);
  total_ = query_.count ? index.count(query_.filter, context_.now, limit_) : 0;
}

void ListAnswer::tag_page() {
  const Selection selection(query_.fields);
  uint64_t tag = hash_of({query_.fields, 0, 0});
  const auto& listings = page_.listings;
  for (const Listing* listing : listings) tag = selection.hash(*listing, tag);
  const uint64_t end = page_.more ? Selection().hash(*listings.back(), 1) : 0;
  rendered_.tag = hash_of({tag, end, total_});
}

void ListAnswer::describe_page(std::string_view query) {
  rendered_.headers.assign("ETag: ").append(entity_tag(rendered_.tag)).append("\r\n");
  append_total();
  if (!page_.more) return;
  const Position end = position_of(*page_.listings.back(), query_);
  append_link(rendered_.headers, query, encode_cursor(end, query_.fingerprint()));
}

void ListAnswer::append_total() {
  if (!query_.count) return;
  rendered_.headers.append("X-Total-Count: ").append(std::to_string(total_)).append("\r\n");
}

size_t ListAnswer::measure_page() const {
  const auto& listings = page_.listings;
  const Selection selection(query_.fields);
  size_t bytes = 2 + (listings.empty() ? 0 : listings.size() - 1);
  for (const Listing* listing : listings) bytes += selection.size(*listing);
  return bytes;
}

// Too many to be joined before the reader takes them.
ListAnswer::Found ListAnswer::hold_page(size_t bytes) {
  context_.reply.source = metered(ListBody(page_.listings, Selection(query_.fields)));
  context_.reply.source_bytes = bytes;
  return Found::held;
}

// More than a page may have: all of them are shown, a piece at a time. Where each search looks at
// everything anew, pieces are longer, so that there are fewer. Returns what these searches take.
uint64_t ListAnswer::hold_walk(const Index& index) {
  uint64_t work = 0;
  query_.limit = services_.options.walk_piece;
  if (searches_begin_anew(query_)) {
    query_.limit = std::max(services_.options.walk_piece, services_.options.page_size_max);
    const uint64_t candidates = index.candidates(query_.filter);
    const uint64_t searches = 1 + candidates / query_.limit;
    work = candidates * searches * std::max<uint64_t>(1, cost_of(query_));
  }
  const size_t size = std::min(query_.limit, page_.listings.size());
  const auto first = std::span(page_.listings).first(size);
  query_.after =
      size < query_.limit && page_.reached ? *page_.reached : position_of(*first.back(), query_);
  context_.reply.source = metered(ListBody(
      first, Selection(query_.fields), ListBody::Walk{services_.board, services_.clock, query_}));
  return work;
}

std::shared_ptr<BodySource> ListAnswer::metered(ListBody body) {
  return std::make_shared<MeteredBody>(std::make_shared<ListBody>(std::move(body)), services_,
                                       context_);
}

void ListAnswer::render_page(size_t bytes) {
  const auto& listings = page_.listings;
  const Selection selection(query_.fields);
  rendered_.body.clear();
  rendered_.body.reserve(bytes);
  for (size_t i = 0; i < listings.size(); ++i) {
    if (i + kPrefetchDistance < listings.size()) listings[i + kPrefetchDistance]->prefetch();
    rendered_.body += i == 0 ? '[' : ',';
    selection.append(*listings[i], rendered_.body);
  }
  rendered_.body += listings.empty() ? "[]" : "]";
}

// Compressed where that is wanted and affordable, and then kept.
void ListAnswer::send_rendered(Coding coding) {
  if (coding != Coding::gzip ||
      !services_.gzip.compress(rendered_.body, context_.now, services_.buffers.body)) {
    return send_unless_known(context_, rendered_, rendered_.body);
  }
  rendered_.body.swap(services_.buffers.body);
  rendered_.headers += kGzipped;
  send_kept(services_.pages.put(context_.request.query, std::move(rendered_)));
}

void ListAnswer::send_kept(const KeptPage& page) {
  context_.reply.body_owner = page;
  send_unless_known(context_, *page, page->body);
}

// It has no tag: what it shows is known only at its end.
void ListAnswer::send_walk(uint64_t work) {
  if (work > services_.options.search_work_max) {
    context_.reply.source.reset();
    return refuse(services_, context_,
                  Faults{{{"query"},
                          "matches too many advertisements to be sorted as a whole; give it a "
                          "limit, or leave out sort"}});
  }
  rendered_.headers.clear();
  append_total();
  context_.reply.further_headers = rendered_.headers;
  discovery::send(context_, {});
}

}  // namespace

void list_advertisements(Services& services, Context& context, std::string_view /*part*/) {
  Query& query = services.buffers.query;
  const size_t page_size_max = services.options.page_size_max;
  if (!accepts(services, context, parse_query(context.request.query, page_size_max, query))) return;
  if (!is_loaded(services, context)) return;
  if (const uint32_t cost = cost_of(query); cost != 0) {
    const auto candidates = [&](const Index& index) { return index.candidates(query.filter); };
    if (!affords(services, context, services.board.read(candidates) * cost)) return;
  }
  ListAnswer(services, context).send();
}

}  // namespace discovery
