#include "board/loader.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <span>
#include <tuple>
#include <unordered_map>

#include "base/both.h"
#include "identity/provider_id.h"
#include "identity/provider_key.h"

namespace discovery {

namespace {

// Sort keys beside the listing, because a million listings lie all over the memory.
struct Row {
  Country country;
  WallTime created;
  WallTime updated;
  ListingPtr listing;
};

// A row whose id is not in canonical form.
struct Respelled {
  std::string stored_id;
  Row row;
};

// Rows that are parsed but not listed yet, so that many are drafted together.
struct Waiting {
  struct Rest {
    WallTime created;
    WallTime updated;
    std::string stored_id;  // empty: the canonical one
    uint32_t number;
  };
  static constexpr size_t kMax = 64;

  std::array<Advertisement, kMax> advertisements;
  std::array<Rest, kMax> rests;
  size_t count = 0;
};

// What one thread has read.
struct Reader {
  explicit Reader(const CodecOptions& options) : codec(options) {}

  Codec codec;
  Waiting waiting;
  std::vector<Row> rows;
  std::vector<Respelled> respelled;
  std::vector<Leftover> leftovers;
  WallTime newest{};
  LoadReport report;
};

Leftover& leave_over(Reader& reader, const StoredRow& row, Duration lease, Now now) {
  const Duration left = row.updated_at ? *row.updated_at + lease - now.wall : lease;
  return reader.leftovers.emplace_back(
      Leftover{now.boot + std::clamp(left, Duration::zero(), lease), std::string(row.provider_id)});
}

void leave_expired(Reader& reader, const StoredRow& row, Duration lease, Now now) {
  ++reader.report.expired;
  Leftover& leftover = leave_over(reader, row, lease, now);
  const auto id = ProviderId::parse(row.provider_id);
  if (!id || !row.created_at) return;
  leftover.canonical_id = id->text();
  leftover.created = *row.created_at;
  leftover.updated = *row.updated_at;
}

// Whatever becomes of the row: what its provider has signed stays used up.
void pin(Pins& pins, const StoredRow& row) {
  if (!row.proof_ms) return;
  if (const auto key = key_of(row.provider_id)) pins.raise(*key, *row.proof_ms);
}

void list_waiting(Reader& reader, Duration lease, Now now) {
  Waiting& waiting = reader.waiting;
  const auto drafts = Listing::draft(std::span(waiting.advertisements).first(waiting.count));
  for (size_t i = 0; i < drafts.size(); ++i) {
    Waiting::Rest& rest = waiting.rests[i];
    const ListingDraft& draft = drafts[i];
    const WallTime expires_shown = rest.updated + lease;
    draft->note_stored_at(rest.number);
    draft->stamp({rest.created, rest.updated, expires_shown,
                  now.boot + std::min(lease, expires_shown - now.wall)});
    Row read{draft->country(), rest.created, rest.updated, draft};
    if (rest.stored_id.empty()) {
      reader.rows.push_back(std::move(read));
    } else {
      reader.respelled.push_back({std::move(rest.stored_id), std::move(read)});
    }
  }
  waiting.count = 0;
}

void read_row(Reader& reader, const StoredRow& row, Duration lease, Now now) {
  if (row.updated_at) reader.newest = std::max(reader.newest, *row.updated_at);
  if (row.updated_at && *row.updated_at + lease <= now.wall) {
    return leave_expired(reader, row, lease, now);
  }
  const Codec::Columns columns{row.provider_id,      row.provider_name, row.ip_address,
                               row.country,          row.platform,      row.network,
                               row.payments_network, row.resources,     row.pricing};
  Result<ProviderId> id = ProviderId::parse(row.provider_id);
  Waiting& waiting = reader.waiting;
  Advertisement& advertisement = waiting.advertisements[waiting.count];
  if (!row.created_at || !row.updated_at || !id || !reader.codec.parse(columns, advertisement)) {
    ++reader.report.refused;
    leave_over(reader, row, lease, now);
    return;
  }
  advertisement.provider_id = id->text();
  advertisement.verified = row.verified && key_of(id->text());
  const bool is_canonical = id->text() == row.provider_id;
  waiting.rests[waiting.count++] = {*row.created_at, *row.updated_at,
                                    std::string(is_canonical ? "" : row.provider_id), row.number};
  if (waiting.count == Waiting::kMax) list_waiting(reader, lease, now);
}

template <class T>
void move_into(std::vector<T>& all, std::vector<T>& some) {
  if (all.empty()) {
    all = std::move(some);
  } else {
    std::ranges::move(some, std::back_inserter(all));
  }
}

// One provider in several spellings: the newest row counts, under the canonical id; the others go.
void unite_spellings(std::vector<Respelled> respelled, const Pins& pins, std::vector<Row>& rows,
                     LoadedBoard& out) {
  if (respelled.empty()) return;
  struct Best {
    Row* row = nullptr;
    bool respelled = false;
  };
  std::unordered_map<std::string_view, Best> newest;
  const auto offer = [&](Best candidate) {
    Best& best = newest[candidate.row->listing->provider_id()];
    if (best.row != nullptr) ++out.report.superseded;
    // What its provider has signed no other spelling displaces.
    const auto rank = [](const Best& one) {
      return std::pair(one.row->listing->verified(), one.row->updated);
    };
    if (best.row == nullptr || rank(best) < rank(candidate)) best = candidate;
  };
  for (Respelled& one : respelled) {
    Change& removal = out.repairs.emplace_back(Change{nullptr, one.stored_id});
    // A row that makes way, or that the repair replaces, may be the only one that says what was
    // signed.
    const auto key = key_of(one.row.listing->provider_id());
    if (key) removal.pin_ms = pins.find(*key);
    offer({&one.row, true});
  }
  const auto rivals = std::partition(rows.begin(), rows.end(), [&](const Row& row) {
    return !newest.contains(row.listing->provider_id());
  });
  for (auto row = rivals; row != rows.end(); ++row) offer({&*row, false});
  std::vector<Row> chosen;
  for (const auto& [id, best] : newest) {
    chosen.push_back(*best.row);
    if (best.respelled) out.repairs.push_back({best.row->listing, {}});
  }
  rows.erase(rivals, rows.end());
  std::ranges::move(chosen, std::back_inserter(rows));
}

bool stands_before(const Row& a, const Row& b) {
  if (a.country != b.country) return a.country < b.country;
  if (a.created != b.created) return a.created < b.created;
  return a.listing->provider_id() < b.listing->provider_id();
}

// Two halves at once, then joined.
std::vector<DatedListing> in_board_order(std::vector<Row> rows) {
  const auto middle = rows.begin() + static_cast<ptrdiff_t>(rows.size() / 2);
  do_both([&] { std::sort(rows.begin(), middle, stands_before); },
          [&] { std::sort(middle, rows.end(), stands_before); });
  std::vector<DatedListing> listings;
  listings.reserve(rows.size());
  for (auto a = rows.begin(), b = middle; a != middle || b != rows.end();) {
    const bool b_is_next = a == middle || (b != rows.end() && stands_before(*b, *a));
    Row& next = *(b_is_next ? b : a)++;
    listings.push_back({std::move(next.listing), next.updated});
  }
  return listings;
}

}  // namespace

Result<LoadedBoard> load_board(Store& store, Pins& pins, const CodecOptions& codec,
                               unsigned threads, Duration lease, Now now) {
  std::vector<Reader> readers;
  readers.reserve(threads);
  for (unsigned i = 0; i < threads; ++i) readers.emplace_back(codec);
  const Status loaded = store.load(threads, [&](unsigned thread, const StoredRow& row) {
    pin(pins, row);
    read_row(readers[thread], row, lease, now);
  });
  if (!loaded) return loaded.error();
  const Status pinned = store.load_pins([&](std::string_view id, int64_t time_ms) {
    if (const auto key = key_of(id)) pins.raise(*key, time_ms);
  });
  if (!pinned) return pinned.error();

  LoadedBoard out;
  std::vector<Row> rows;
  std::vector<Respelled> respelled;
  for (Reader& reader : readers) {
    list_waiting(reader, lease, now);
    move_into(rows, reader.rows);
    move_into(respelled, reader.respelled);
    move_into(out.leftovers, reader.leftovers);
    out.newest = std::max(out.newest, reader.newest);
    out.report.expired += reader.report.expired;
    out.report.refused += reader.report.refused;
  }
  unite_spellings(std::move(respelled), pins, rows, out);
  out.listings = in_board_order(std::move(rows));
  std::ranges::sort(out.leftovers, std::ranges::greater{}, &Leftover::due);
  out.report.listed = out.listings.size();
  return out;
}

}  // namespace discovery
