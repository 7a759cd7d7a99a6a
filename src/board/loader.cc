#include "board/loader.h"

#include <algorithm>
#include <unordered_map>

#include "advertisement/advertisement_parser.h"
#include "identity/provider_id.h"
#include "identity/provider_key.h"

namespace discovery {

namespace {

// A row whose id is not in canonical form.
struct Respelled {
  std::string stored_id;
  ListingPtr listing;
};

struct Reader {
  Duration lease;
  Duration credit_most;
  Now now;
  AdvertisementParser parser;
  Advertisement advertisement = {};  // kept for its memory
  LoadedBoard board = {};
  std::vector<Respelled> respelled = {};  // not in `board` yet
  WallTime newest = {};                   // the newest updated_at: the board was up then
};

UnlistedRow& keep_unlisted(Reader& reader, const StoredRow& row) {
  const Duration lease = reader.lease;
  const Duration left = row.updated_at ? *row.updated_at + lease - reader.now.wall : lease;
  return reader.board.unlisted_rows.emplace_back(UnlistedRow{
      reader.now.boot + std::clamp(left, Duration::zero(), lease), std::string(row.provider_id)});
}

void keep_expired(Reader& reader, const StoredRow& row) {
  ++reader.board.report.expired;
  UnlistedRow& unlisted = keep_unlisted(reader, row);
  const auto id = ProviderId::parse(row.provider_id);
  if (!id || !row.created_at) return;
  unlisted.canonical_id = id->text();
  unlisted.created = *row.created_at;
  unlisted.updated = *row.updated_at;
}

// Whatever becomes of the row: what its provider has signed stays used up.
void pin(Pins& pins, const StoredRow& row) {
  if (!row.proof_ms) return;
  if (const auto key = key_of(row.provider_id)) pins.raise(*key, *row.proof_ms);
}

void read_row(Reader& reader, const StoredRow& row) {
  const Now now = reader.now;
  if (row.updated_at && *row.updated_at <= now.wall) {
    reader.newest = std::max(reader.newest, *row.updated_at);
  }
  if (row.updated_at && *row.updated_at + reader.lease + reader.credit_most <= now.wall) {
    return keep_expired(reader, row);
  }
  const AdvertisementParser::Columns columns{
      row.provider_id, row.provider_name,    row.ip_address, row.country, row.platform,
      row.network,     row.payments_network, row.resources,  row.pricing};
  Result<ProviderId> id = ProviderId::parse(row.provider_id);
  Advertisement& advertisement = reader.advertisement;
  if (!row.created_at || !row.updated_at || !id || !reader.parser.parse(columns, advertisement)) {
    ++reader.board.report.refused;
    keep_unlisted(reader, row);
    return;
  }
  advertisement.provider_id = id->text();
  advertisement.verified = row.verified && key_of(id->text());
  const ListingDraft draft = Listing::draft(advertisement);
  const WallTime expires_shown = *row.updated_at + reader.lease;
  draft->stamp({*row.created_at, *row.updated_at, expires_shown,
                now.boot + std::min(reader.lease, expires_shown - now.wall)});
  if (id->text() == row.provider_id) {
    reader.board.listings.push_back(draft);
  } else {
    reader.respelled.push_back({std::string(row.provider_id), draft});
  }
}

// One provider in several spellings: the newest row counts, under the canonical id; the others go.
void unite_spellings(const std::vector<Respelled>& respelled, const Pins& pins, LoadedBoard& out) {
  if (respelled.empty()) return;
  struct Best {
    ListingPtr listing;
    bool respelled = false;
  };
  std::unordered_map<std::string, Best> newest;
  const auto offer = [&](const Best& candidate) {
    Best& best = newest[std::string(candidate.listing->provider_id())];
    if (best.listing) ++out.report.superseded;
    // A verified row counts more than any that is not, however new.
    const auto rank = [](const Best& one) {
      return std::pair(one.listing->verified(), one.listing->updated());
    };
    if (!best.listing || rank(best) < rank(candidate)) best = candidate;
  };
  for (const Respelled& one : respelled) {
    Change& removal = out.repairs.emplace_back(Change{nullptr, one.stored_id});
    // A row that is dropped as a duplicate, or replaced by the repair, may be the only one that
    // records what was signed.
    if (const auto key = key_of(one.listing->provider_id())) removal.pin_ms = pins.newest(*key);
    offer({one.listing, true});
  }
  std::erase_if(out.listings, [&](const ListingPtr& listing) {
    const bool is_rival = newest.contains(std::string(listing->provider_id()));
    if (is_rival) offer({listing, false});
    return is_rival;
  });
  for (const auto& [id, best] : newest) {
    out.listings.push_back(best.listing);
    if (best.respelled) out.repairs.push_back({best.listing, {}});
  }
}

// The last run was alive at least when the newest row was written.
Outages outages_between(const std::vector<Run>& runs, WallTime newest, WallTime now) {
  Outages outages;
  for (size_t i = 0; i < runs.size(); ++i) {
    const bool last = i + 1 == runs.size();
    const Interval gap{last ? std::max(runs[i].alive, newest) : runs[i].alive,
                       last ? now : runs[i + 1].started};
    if (gap.begin < gap.end) outages.push_back(gap);
  }
  return outages;
}

// What an outage is to leases that run on the other clock.
void credit_outages(const Outages& outages, Now now, LeaseCredit& credit) {
  for (const auto& [begin, end] : outages) {
    credit.add(now.boot - (now.wall - begin), now.boot - (now.wall - end));
  }
}

// Extends what stood still, and keeps as unlisted what has expired even so.
void settle_leases(Reader& reader, const LeaseCredit& credit) {
  const Now now = reader.now;
  LoadedBoard& board = reader.board;
  const auto has_expired = [&](ListingPtr& listing, std::string_view stored_id) {
    const Duration more = credit.of(listing->posted(), now.boot);
    if (more > Duration::zero()) listing = Listing::extended(*listing, more);
    if (listing->expires() > now.boot) return false;
    ++board.report.expired;
    board.unlisted_rows.push_back({now.boot, std::string(stored_id),
                                   std::string(listing->provider_id()), listing->created(),
                                   listing->updated()});
    return true;
  };
  std::erase_if(board.listings,
                [&](ListingPtr& listing) { return has_expired(listing, listing->provider_id()); });
  std::erase_if(reader.respelled,
                [&](Respelled& one) { return has_expired(one.listing, one.stored_id); });
}

bool stands_before(const ListingPtr& a, const ListingPtr& b) {
  if (a->country() != b->country()) return a->country() < b->country();
  if (a->created() != b->created()) return a->created() < b->created();
  return a->provider_id() < b->provider_id();
}

}  // namespace

Result<LoadedBoard> load_board(Store& store, Pins& pins, const ValidationOptions& validation,
                               LeaseCredit& credit, Now now) {
  const auto runs = store.load_runs();
  if (!runs) return runs.error();
  Reader reader{credit.length(), credit.most(), now, AdvertisementParser(validation)};
  const Status loaded = store.load([&](const StoredRow& row) {
    pin(pins, row);
    read_row(reader, row);
  });
  if (!loaded) return loaded.error();
  // After the rows, which have the last times: a newer one was signed while the clock was ahead.
  const Status pinned = store.load_pins([&](std::string_view id, int64_t time_ms) {
    if (const auto key = key_of(id)) pins.raise(*key, time_ms);
  });
  if (!pinned) return pinned.error();

  LoadedBoard& board = reader.board;
  board.outages = outages_between(*runs, reader.newest, now.wall);
  credit_outages(board.outages, now, credit);
  settle_leases(reader, credit);
  unite_spellings(reader.respelled, pins, board);
  std::ranges::sort(board.listings, stands_before);
  std::ranges::sort(board.unlisted_rows, std::ranges::greater{}, &UnlistedRow::due);
  board.report.listed = board.listings.size();
  return std::move(board);
}

}  // namespace discovery
