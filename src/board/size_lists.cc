#include "board/size_lists.h"

#include <algorithm>
#include <cassert>
#include <tuple>

namespace discovery {

namespace {

constexpr uint32_t kThin = kBlockRows / 4;
// Runs that are filled at once have room for what comes.
constexpr size_t kFilled = size_t{kBlockRows} * 15 / 16;

void set(SizeList::Run& run, uint32_t slot, const SizeCodes& sizes, uint32_t row) {
  run.sizes.set(slot, sizes);
  run.rows[slot] = row;
}

// Moves all rows from `first` on to where they begin at `to`.
void move_rows(SizeList::Run& run, uint32_t first, uint32_t to) {
  run.sizes.move(first, run.used, to);
  const auto begin = run.rows.begin();
  if (to < first) {
    std::copy(begin + first, begin + run.used, begin + to);
  } else {
    std::copy_backward(begin + first, begin + run.used, begin + run.used + (to - first));
  }
}

// Behind the last row; takes those of `from` from `first` on.
void append(SizeList::Run& run, const SizeList::Run& from, uint32_t first) {
  for (uint32_t slot = first; slot < from.used; ++slot) {
    set(run, run.used++, from.sizes.sizes(slot), from.rows[slot]);
  }
}

void cut(SizeList::Run& run, uint32_t used) {
  for (uint32_t slot = used; slot < run.used; ++slot) run.sizes.clear(slot);
  run.used = used;
}

}  // namespace

SizePlace::SizePlace(double its_size, std::string_view id, uint16_t its_id_code)
    : size(its_size),
      provider_id(id),
      size_code(discovery::size_code(
          static_cast<uint32_t>(std::clamp(its_size, 0.0, double{INT32_MAX})))),
      id_code(its_id_code) {}

int32_t SizeList::own(const Sizes& sizes) const {
  return dimension_ == kCpu ? sizes.cpu : dimension_ == kMemory ? sizes.memory : sizes.storage;
}

double SizeList::size(const Run& run, uint32_t slot) const {
  const uint16_t code = run.sizes.size(dimension_, slot);
  return is_single(code) ? least_of_code(code) : own(owner_->listing(run.rows[slot]).sizes());
}

std::strong_ordering SizeList::compare_size(const Run& run, uint32_t slot,
                                            const SizePlace& place) const {
  const uint16_t code = run.sizes.size(dimension_, slot);
  if (code != place.size_code) return code <=> place.size_code;
  const double mine = size(run, slot);
  return mine < place.size   ? std::strong_ordering::less
         : mine > place.size ? std::strong_ordering::greater
                             : std::strong_ordering::equal;
}

std::strong_ordering SizeList::compare(const Run& run, uint32_t slot,
                                       const SizePlace& place) const {
  if (const auto by_size = compare_size(run, slot, place); std::is_neq(by_size)) return by_size;
  const uint32_t row = run.rows[slot];
  if (const auto by_code = owner_->id_code(row) <=> place.id_code; std::is_neq(by_code))
    return by_code;
  return owner_->listing(row).provider_id() <=> place.provider_id;
}

// The first row that is not `before(run, slot)`, which is asked of rows with this code alone.
template <class Before>
SizeList::At SizeList::partition_point(uint16_t size_code, const Before& before) const {
  const auto is_before = [&](uint16_t code, const Run& run, uint32_t slot) {
    return code != size_code ? code < size_code : before(run, slot);
  };
  const auto behind = std::ranges::partition_point(
      parts_, [&](const Part& part) { return is_before(code_of_rank(part.rank), *part.run, 0); });
  if (behind == parts_.begin()) return begin();
  const auto part = static_cast<size_t>(behind - parts_.begin()) - 1;
  const Run& in = run(part);
  uint32_t first = 1;  // the part's own first row is before
  for (uint32_t end = in.used; first < end;) {
    const uint32_t middle = first + (end - first) / 2;
    if (is_before(in.sizes.size(dimension_, middle), in, middle)) {
      first = middle + 1;
    } else {
      end = middle;
    }
  }
  return first < in.used ? At{part, first} : At{part + 1, 0};
}

std::span<const SizeList::Part> SizeList::parts_from(uint16_t size_code) const {
  const auto first =
      std::ranges::lower_bound(parts_, size_rank(size_code, 0, false), {}, &Part::rank);
  const auto before = static_cast<size_t>(first - parts_.begin());
  return std::span(parts_).subspan(before > 0 ? before - 1 : 0);
}

SizeList::At SizeList::lower_bound(uint16_t size_code) const {
  return partition_point(size_code, [](const Run&, uint32_t) { return false; });
}

SizeList::At SizeList::lower_bound_exactly(double size) const {
  const SizePlace place(size, {}, 0);
  return partition_point(place.size_code, [&](const Run& run, uint32_t slot) {
    return std::is_lt(compare_size(run, slot, place));
  });
}

SizeList::At SizeList::upper_bound_exactly(double size) const {
  const SizePlace place(size, {}, 0);
  return partition_point(place.size_code, [&](const Run& run, uint32_t slot) {
    return std::is_lteq(compare_size(run, slot, place));
  });
}

SizeList::At SizeList::upper_bound(const SizePlace& place) const {
  return partition_point(place.size_code, [&](const Run& run, uint32_t slot) {
    return std::is_lteq(compare(run, slot, place));
  });
}

void SizeList::insert(const SizedRow& row) {
  if (parts_.empty()) parts_.push_back({0, std::make_unique<Run>()});
  const SizePlace place(own(row.sizes), owner_->listing(row.row).provider_id(), row.id_code);
  At at = upper_bound(place);
  // Behind a part's last row rather than before the next one's first.
  if (at.slot == 0 && at.part > 0) at = {at.part - 1, run(at.part - 1).used};
  if (run(at.part).used == kBlockRows) {
    split(at.part);
    const uint32_t half = run(at.part).used;
    if (at.slot > half) at = {at.part + 1, at.slot - half};
  }
  Part& part = parts_[at.part];
  Run& its_run = *part.run;
  move_rows(its_run, at.slot, at.slot + 1);
  set(its_run, at.slot, codes_of(row.sizes), row.row);
  ++its_run.used;
  if (at.slot == 0) rank_first(part);
}

// By its name, among those that codes do not tell apart: of the rows about, some may be on their
// way, and cannot be looked up.
SizeList::At SizeList::find(const SizedRow& row) const {
  const uint32_t rank = size_rank(codes_of(row.sizes)[dimension_], row.id_code, false);
  const auto first = std::ranges::lower_bound(parts_, rank, {}, &Part::rank);
  auto part = static_cast<size_t>(first - parts_.begin());
  if (part > 0) --part;
  for (; part < parts_.size(); ++part) {
    const auto rows = std::span(run(part).rows).first(run(part).used);
    const auto at = std::ranges::find(rows, row.row);
    if (at != rows.end()) return {part, static_cast<uint32_t>(at - rows.begin())};
  }
  assert(false);
  return end();
}

void SizeList::find_names(uint32_t first, std::span<uint32_t*> names) {
  constexpr uint32_t kAtOnce = 32;
  for (Part& part : parts_) {
    auto& rows = part.run->rows;
    for (uint32_t begin = 0; begin < part.run->used; begin += kAtOnce) {
      // Where none is among them, as nearly everywhere, no row has a branch of its own.
      bool any = false;
      for (uint32_t i = 0; i < kAtOnce; ++i) any |= rows[begin + i] - first < names.size();
      if (!any) continue;
      const uint32_t end = std::min(begin + kAtOnce, part.run->used);
      for (uint32_t slot = begin; slot < end; ++slot) {
        if (rows[slot] - first < names.size()) names[rows[slot] - first] = &rows[slot];
      }
    }
  }
}

void SizeList::resize(const SizedRow& row, const Sizes& sizes) {
  const At at = find(row);
  if (own(sizes) == own(row.sizes)) return parts_[at.part].run->sizes.set(at.slot, codes_of(sizes));
  remove_at(at);
  insert({sizes, row.id_code, row.row});
}

void SizeList::remove_at(const At& at) {
  Part& part = parts_[at.part];
  Run& its_run = *part.run;
  move_rows(its_run, at.slot + 1, at.slot);
  cut(its_run, its_run.used - 1);
  if (its_run.used == 0) {
    parts_.erase(parts_.begin() + static_cast<ptrdiff_t>(at.part));
    return;
  }
  if (at.slot == 0) rank_first(part);
  if (its_run.used < kThin) join_thin(at.part);
}

void SizeList::split(size_t part) {
  Part second{0, std::make_unique<Run>()};
  Run& first = *parts_[part].run;
  append(*second.run, first, kBlockRows / 2);
  cut(first, kBlockRows / 2);
  rank_first(second);
  parts_.insert(parts_.begin() + static_cast<ptrdiff_t>(part) + 1, std::move(second));
}

// With a neighbour, as long as the sum leaves room to grow.
void SizeList::join_thin(size_t part) {
  for (const size_t first : {part, part - 1}) {
    if (first >= parts_.size() - 1) continue;  // also where there is no neighbour before
    Run& left = *parts_[first].run;
    const Run& right = *parts_[first + 1].run;
    if (left.used + right.used > kBlockRows * 3 / 4) continue;
    append(left, right, 0);
    parts_.erase(parts_.begin() + static_cast<ptrdiff_t>(first) + 1);
    return;
  }
}

void SizeList::rank_first(Part& part) const {
  const Run& run = *part.run;
  part.rank = size_rank(run.sizes.size(dimension_, 0), owner_->id_code(run.rows[0]), false);
}

void SizeList::fill(std::span<const SizedRowOfMany> rows) {
  assert(parts_.empty());
  std::vector<uint64_t> keys;  // sizes beside numbers, which are in the order of ids
  keys.reserve(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    keys.push_back(static_cast<uint64_t>(own(rows[i].row.sizes)) << 32 | i);
  }
  std::ranges::sort(keys);
  const size_t runs = keys.size() <= kBlockRows ? 1 : (keys.size() + kFilled - 1) / kFilled;
  for (size_t i = 0; i < runs && !keys.empty(); ++i) {
    Part& part = parts_.emplace_back(Part{0, std::make_unique<Run>()});
    const size_t end = (i + 1) * keys.size() / runs;
    for (size_t k = i * keys.size() / runs; k < end; ++k) {
      const SizedRow& row = rows[static_cast<uint32_t>(keys[k])].row;
      set(*part.run, part.run->used++, codes_of(row.sizes), row.row);
    }
    rank_first(part);
  }
}

void SizeList::copy(const SizeList& other) {
  assert(parts_.empty());
  parts_.reserve(other.parts_.size());
  for (const Part& part : other.parts_) {
    parts_.push_back({part.rank, std::make_unique<Run>(*part.run)});
  }
}

void SizeList::recode() {
  for (Part& part : parts_) rank_first(part);
}

SizeLists::SizeLists(const RowOwner& owner) : owner_(owner) {
  countries_.reserve(kCountryCount);
  for (unsigned i = 0; i < kCountryCount; ++i) {
    countries_.push_back({SizeList{kCpu, owner}, {kMemory, owner}, {kStorage, owner}});
  }
}

const SizeList& SizeLists::narrowest(Country country, const SizeCodes& least) const {
  const auto parts = [&](const SizeList& list) {
    return list.parts_from(least[list.dimension()]).size();
  };
  return *std::ranges::min_element(countries_[country], {}, parts);
}

void SizeLists::insert(Country country, const SizedRow& row) {
  for (SizeList& list : countries_[country]) list.insert(row);
}

void SizeLists::remove(Country country, const SizedRow& row) {
  for (SizeList& list : countries_[country]) list.remove(row);
}

void SizeLists::resize(Country country, const SizedRow& row, const Sizes& sizes) {
  for (SizeList& list : countries_[country]) list.resize(row, sizes);
}

void SizeLists::find_names(Country country, uint32_t first, Names& names) {
  for (size_t i = 0; i < kDimensions; ++i) countries_[country][i].find_names(first, names[i]);
}

void SizeLists::fill(Country country, std::span<SizedRowOfMany> rows) {
  const auto id = [&](const SizedRowOfMany& one) {
    return owner_.listing(one.row.row).provider_id();
  };
  std::ranges::sort(rows, [&](const SizedRowOfMany& a, const SizedRowOfMany& b) {
    return a.id_word != b.id_word ? a.id_word < b.id_word : id(a) < id(b);
  });
  for (SizeList& list : countries_[country]) list.fill(rows);
}

void SizeLists::copy(const SizeLists& other) {
  for (size_t i = 0; i < countries_.size(); ++i) {
    for (size_t k = 0; k < kDimensions; ++k) countries_[i][k].copy(other.countries_[i][k]);
  }
}

void SizeLists::recode() {
  for (OfCountry& lists : countries_) {
    for (SizeList& list : lists) list.recode();
  }
}

}  // namespace discovery
