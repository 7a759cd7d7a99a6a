// The rows of each country in the order of each size, so that a page sorted by a size is read off
// from where it begins, and whoever is large enough stands in one piece.
//
// Equal sizes are in the order of provider ids. A list is cut into runs of up to 512 rows, which
// have no holes, and of each row the codes of all three sizes. A renewal touches none of them.
//
// Not synchronised.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "advertisement/listing.h"
#include "board/columns.h"

namespace discovery {

/// Whose rows are listed. Asked for what codes do not tell apart.
class RowOwner {
 public:
  virtual uint16_t id_code(uint32_t row) const = 0;
  virtual const Listing& listing(uint32_t row) const = 0;

 protected:
  ~RowOwner() = default;
};

/// How a row is ordered.
struct SizedRow {
  Sizes sizes;
  uint16_t id_code = 0;
  uint32_t row = 0;  // its owner's name for it
};

/// The same beside a number in the order of ids, as far as that goes (IdScale::word).
struct SizedRowOfMany {
  SizedRow row;
  uint64_t id_word;
};

/// A place in the order of a size, which need be nobody's.
struct SizePlace {
  SizePlace(double its_size, std::string_view id, uint16_t its_id_code);

  double size;
  std::string_view provider_id;  // a view
  uint16_t size_code;
  uint16_t id_code;
};

/// The rows of one country by one size.
class SizeList {
 public:
  struct Run {
    SizeColumns sizes;
    std::array<uint32_t, kBlockRows> rows{};  // their owner's names for them
    uint32_t used = 0;
  };
  /// A run beside its first row's rank (size_rank): searches go over these without a miss for each.
  struct Part {
    uint32_t rank = 0;
    std::unique_ptr<Run> run;
  };
  /// A row, or the end of a part, which is as good as the next one's first row.
  struct At {
    size_t part = 0;
    uint32_t slot = 0;
    bool operator==(const At&) const = default;
    bool operator<(const At& other) const {
      return part != other.part ? part < other.part : slot < other.slot;
    }
  };

  /// The owner must live as long.
  SizeList(Dimension dimension, const RowOwner& owner) : dimension_(dimension), owner_(&owner) {}

  Dimension dimension() const { return dimension_; }
  const std::vector<Part>& parts() const { return parts_; }
  const Run& run(size_t part) const { return *parts_[part].run; }
  uint16_t code(const At& at) const { return run(at.part).sizes.size(dimension_, at.slot); }
  /// All parts that may hold anybody whose size has this code, or a greater one.
  std::span<const Part> parts_from(uint16_t size_code) const;
  At begin() const { return {0, 0}; }
  At end() const { return {parts_.size(), 0}; }
  /// The first whose size has this code, or a greater one.
  At lower_bound(uint16_t size_code) const;
  /// The first whose size is not less than this one, and the first whose size is greater.
  At lower_bound_exactly(double size) const;
  At upper_bound_exactly(double size) const;
  /// The first behind a place.
  At upper_bound(const SizePlace& place) const;
  /// The size to the last bit.
  double size(const At& at) const { return size(run(at.part), at.slot); }

  /// The owner must know the row's listing already.
  void insert(const SizedRow& row);
  /// The owner is not asked for this one.
  void remove(const SizedRow& row) { remove_at(find(row)); }
  /// Where the rows from `first` on are named, for the owner to name them anew; good until the list
  /// changes. In one sweep over all names: sooner done than to find hundreds of rows.
  void find_names(uint32_t first, std::span<uint32_t*> names);
  /// The row's sizes have become others. The owner must know its new listing already.
  void resize(const SizedRow& row, const Sizes& sizes);
  /// Inserts all of a list that is empty, at far less cost. They are in the order of ids.
  void fill(std::span<const SizedRowOfMany> rows);
  /// Becomes a copy, but for the owner. Only while it is empty.
  void copy(const SizeList& other);
  /// Asks for the codes of all ids anew.
  void recode();

 private:
  int32_t own(const Sizes& sizes) const;
  double size(const Run& run, uint32_t slot) const;
  std::strong_ordering compare_size(const Run& run, uint32_t slot, const SizePlace& place) const;
  std::strong_ordering compare(const Run& run, uint32_t slot, const SizePlace& place) const;
  template <class Before>
  At partition_point(uint16_t size_code, const Before& before) const;
  At find(const SizedRow& row) const;
  void remove_at(const At& at);
  void split(size_t part);
  void join_thin(size_t part);
  void rank_first(Part& part) const;

  Dimension dimension_;
  const RowOwner* owner_;
  std::vector<Part> parts_;
};

/// All lists of all countries: what is done to one is done to the three of its country.
class SizeLists {
 public:
  /// The owner must live as long.
  explicit SizeLists(const RowOwner& owner);

  using OfCountry = std::array<SizeList, kDimensions>;
  const OfCountry& of(Country country) const { return countries_[country]; }
  /// That in which the fewest may be large enough.
  const SizeList& narrowest(Country country, const SizeCodes& least) const;
  void insert(Country country, const SizedRow& row);
  void remove(Country country, const SizedRow& row);
  void resize(Country country, const SizedRow& row, const Sizes& sizes);
  /// The names in each of the three lists.
  using Names = std::array<std::array<uint32_t*, kBlockRows>, kDimensions>;
  void find_names(Country country, uint32_t first, Names& names);
  /// Puts the rows into the order of ids before.
  void fill(Country country, std::span<SizedRowOfMany> rows);
  void copy(const SizeLists& other);
  void recode();

 private:
  const RowOwner& owner_;
  std::vector<OfCountry> countries_;
};

}  // namespace discovery
