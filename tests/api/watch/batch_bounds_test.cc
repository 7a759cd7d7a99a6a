#include "api/watch/batch_bounds.h"

#include <gtest/gtest.h>

#include <random>

#include "board/index/compiled_filter.h"
#include "tests/support/board_fixture.h"
#include "tests/support/random_questions.h"
#include "tests/support/seed.h"

namespace discovery {
namespace {

BoardEvent event_of(const ListingPtr& before, const ListingPtr& after) {
  BoardEvent event;
  event.revision = 1;
  event.before = before;
  event.after = after;
  return event;
}

bool passes(const Filter& filter, std::vector<BoardEvent> events) {
  return BatchBounds(EventBatch{1, std::move(events)}).passes(FilterBounds(filter));
}

// New cases in every run; a failure names the seed, and SEED repeats it.
TEST(FilterBounds, StopsNothingThatMatches) {
  const uint64_t seed = chosen_or_new_seed();
  SCOPED_TRACE("SEED=" + std::to_string(seed));
  Dice dice(seed);
  std::vector<ListingPtr> listings{nullptr};
  for (int i = 0; i < 50; ++i) listings.emplace_back(listing_of(random_machine(dice)));
  const auto some = [&] { return listings[static_cast<size_t>(dice.upto(50))]; };
  size_t stopped = 0, matched = 0;
  for (int i = 0; i < 20'000; ++i) {
    const AskedSize size{1 + dice.upto(3), 1 + dice.upto(3), 1 + dice.upto(3)};
    Result<Expression> expression = parse_expression(Questioner(dice, size).ask(dice.upto(4)).text);
    if (!expression) continue;  // too long
    const Filter filter(*std::move(expression), size);
    const CompiledFilter compiled(filter, BootTime{});
    const auto matches = [&](const ListingPtr& listing) {
      return listing && compiled.possible && compiled.accepts(*listing);
    };
    std::vector<BoardEvent> events;
    bool concerns = false;
    for (int count = 1 + dice.upto(3); count > 0; --count) {
      const BoardEvent& event = events.emplace_back(event_of(some(), some()));
      concerns |= matches(event.before) || matches(event.after);
    }
    const bool passed = passes(filter, events);
    ASSERT_TRUE(passed || !concerns) << to_text(filter.where());
    matched += concerns ? 1 : 0;
    stopped += passed ? 0 : 1;
  }
  EXPECT_GT(matched, 2'000U);  // the cases are worth something
  EXPECT_GT(stopped, 500U);
}

TEST(FilterBounds, StopsWhatTheBatchFallsShortOf) {
  Advertisement advertisement = priced(offer("p1", "SE", {4, 8, 100}), {2, 0.5, 0.25});
  advertisement.network = "testnet";
  advertisement.payments_network = "holesky";
  const ListingPtr listing = listed(advertisement, {}, {});
  const auto passes_by = [&](const std::string& parameters) {
    const Filter filter = asked(parameters).filter;
    const bool as_it_was = passes(filter, {event_of(listing, nullptr)});
    EXPECT_EQ(as_it_was, passes(filter, {event_of(nullptr, listing)})) << parameters;
    return as_it_was;
  };
  for (const char* const parameters :
       {"cpu=4", "memory=8", "storage=100", "country=SE", "country=DE&country=SE",
        "platform=x86_64", "network=testnet", "payments_network=holesky", "provider_id=p1",
        "max_usd_per_month=2.75", "cpu=2&max_usd_per_month=4.75"}) {
    EXPECT_TRUE(passes_by(parameters)) << parameters;
  }
  for (const char* const parameters :
       {"cpu=5", "memory=9", "storage=101", "country=DE", "platform=arm64", "network=mainnet",
        "payments_network=polygon", "provider_id=p2", "max_usd_per_month=2.74",
        "cpu=2&max_usd_per_month=4.74", "q=cpu>4%20%26%26%20cpu<4"}) {
    EXPECT_FALSE(passes_by(parameters)) << parameters;
  }
}

TEST(FilterBounds, StopsNobodyWhereNobodyKnowsWhatWasListed) {
  BoardEvent event;
  event.revision = 1;
  event.provider_id = "p1";
  const Filter filter = asked("cpu=4&provider_id=p2").filter;
  EXPECT_FALSE(passes(filter, {event}));
  event.is_uncertain = true;
  EXPECT_TRUE(passes(filter, {event}));
}

}  // namespace
}  // namespace discovery
