// Rows and their ids, beside a map; rows make room for others all the time.
#include "board/index/row_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <tuple>

#include "board/index/id_table.h"
#include "tests/support/listing_fixture.h"
#include "tests/support/seed.h"

namespace discovery {
namespace {

class RowTableTest : public testing::Test {
 protected:
  void insert(const std::string& id, std::string_view country_code, int64_t created) {
    const ListingPtr listing =
        listed(offer(id, country_code), WallTime{Duration{created}}, BootTime{Duration{created}});
    Relocations relocations;
    const RowNumber row = rows_.insert(listing, RowCodes(*listing), relocations);
    relocate(relocations);
    ids_.insert(row);
    model_[id] = {row, listing};
  }
  void remove(const std::string& id) {
    const RowNumber row = model_.at(id).row;
    ids_.erase(row);
    Relocations relocations;
    rows_.remove(row, relocations);
    model_.erase(id);
    relocate(relocations);
  }
  void relocate(const Relocations& relocations) {
    ids_.relocate(relocations);
    for (const Relocation& move : relocations) {
      model_.at(std::string(rows_.at(move.to)->provider_id())).row = move.to;
    }
  }

  /// Every listing stands in its row, which its id finds; partitions are in order, and their zone
  /// maps hold what is in them.
  void check() const {
    EXPECT_EQ(ids_.size(), model_.size());
    for (const auto& [id, entry] : model_) {
      ASSERT_EQ(rows_.at(entry.row), entry.listing) << id;
      ASSERT_EQ(ids_.find(id), entry.row) << id;
    }
    size_t found = 0;
    for (const RowTable::Partition& partition : rows_.partitions()) found += check(partition);
    EXPECT_EQ(found, model_.size());
  }

  struct Entry {
    RowNumber row;
    ListingPtr listing;
  };
  std::map<std::string, Entry> model_;
  RowTable rows_;
  IdTable ids_{rows_, 42};

 private:
  static size_t check(const RowTable::Partition& partition) {
    size_t found = 0;
    std::tuple<WallTime, std::string> last;
    for (const RowTable::Entry& entry : partition) {
      EXPECT_GT(entry.group->live(), 0U);
      for (uint32_t slot = 0; slot < entry.group->used(); ++slot) {
        const ListingPtr& listing = entry.group->row(slot);
        if (!listing) continue;
        const std::tuple<WallTime, std::string> here{listing->created(), listing->provider_id()};
        EXPECT_LT(last, here);
        last = here;
        EXPECT_LE(entry.zone_map.first_expiry, listing->expires());
        EXPECT_LE(entry.zone_map.created_least, seconds_code(listing->created()));
        EXPECT_GE(entry.zone_map.created_most, seconds_code(listing->created()));
        ++found;
      }
    }
    return found;
  }
};

TEST_F(RowTableTest, ARowBetweenOthersMovesThem) {
  insert("c", "SE", 30);
  insert("a", "SE", 10);
  insert("b", "SE", 20);
  check();
  EXPECT_EQ(rows_.of(country("SE")).size(), 1U);
  remove("b");
  check();
}

TEST_F(RowTableTest, FindsNoIdThatIsNotThere) {
  EXPECT_FALSE(ids_.find("a"));
  insert("a", "SE", 1);
  remove("a");
  EXPECT_FALSE(ids_.find("a"));
  check();
}

TEST_F(RowTableTest, KeepsEveryRowThroughSplitsAndJoins) {
  const uint64_t seed = chosen_seed().value_or(7);
  SCOPED_TRACE("SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (const uint64_t removals : {20U, 80U, 50U}) {  // percent
    for (int i = 0; i < 6'000 && !HasFailure(); ++i) {
      const std::string id = "p" + std::to_string(random() % 3'000);
      const bool is_listed = model_.contains(id);
      if (is_listed && random() % 100 < removals) remove(id);
      if (is_listed) continue;
      insert(id, random() % 4 == 0 ? "DE" : "SE", static_cast<int64_t>(random() % 100'000'000));
    }
    check();
  }
}

}  // namespace
}  // namespace discovery
