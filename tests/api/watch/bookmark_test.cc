// Ids without events, from which a stream is resumed however much else has changed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/limits.h"
#include "tests/support/watch_fixture.h"

namespace discovery {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr size_t kOthers = 500;

class Bookmark : public testing::Test {
 protected:
  /// So many changes, all of providers in Sweden.
  void change_others(size_t count) {
    for (size_t i = 0; i < count; ++i, ++changes_) {
      const int cpu = changes_ / kOthers % 2 == 0 ? 1 : 2;
      service_.post("p" + std::to_string(changes_ % kOthers), offer_of("SE", cpu));
      if (i % kOthers == kOthers - 1) service_.settle();
    }
    service_.settle();
  }

  void tick(Reader& reader) {
    service_.api().tick();
    reader.take();
  }
  void tick_after_silence(Reader& reader) {
    service_.clock.advance(limits::kStreamSilence);
    tick(reader);
  }

  Service service_;

 private:
  size_t changes_ = 0;
};

TEST_F(Bookmark, IsAnIdAndAnEmptyLine) {
  const auto exchange = std::make_shared<RecordingExchange>();
  service_.api().handle(service_.request(Method::get, kWatchUrl, {}), *exchange);
  std::string text;
  while (exchange->source->take(text) == BodySource::Progress::more) {
  }
  const size_t at = text.find("id: ");
  const std::string line = text.substr(at, text.find('\n', at) - at);
  text.clear();
  service_.clock.advance(limits::kStreamSilence - milliseconds{1});
  service_.api().tick();
  exchange->source->take(text);
  EXPECT_EQ(text, "");  // and thereby it is not silent
  service_.clock.advance(limits::kStreamSilence);
  service_.api().tick();
  exchange->source->take(text);
  EXPECT_EQ(text, line + "\n\n");
}

TEST_F(Bookmark, AQuietFilterIsResumedHoweverMuchElseHasChanged) {
  Reader reader(service_, "country=PT");
  reader.connect();
  reader.take();
  Reader without(service_, "country=PT");
  without.last_id = reader.last_id;
  change_others(20'000);
  tick(reader);
  EXPECT_EQ(reader.bookmarks, 1U);
  reader.cut();
  change_others(limits::kLoggedChanges - 20'000 + 1);
  service_.post("a", offer_of("PT", 4));
  service_.settle();
  for (Reader* one : {&reader, &without}) {
    one->connect();
    one->take();
    one->expect_whole();
    EXPECT_EQ(one->known.size(), 1U);
  }
  EXPECT_EQ(reader.resets, 0U);
  EXPECT_EQ(without.resets, 1U) << "the log reaches back as far";
}

TEST_F(Bookmark, ComesOncePerSoManyRevisions) {
  Reader reader(service_, "country=PT");
  reader.connect();
  reader.take();
  for (size_t bookmarks = 0; bookmarks < 2; ++bookmarks) {
    change_others(limits::kStreamBookmarkRevisions - 1);
    tick(reader);
    EXPECT_EQ(reader.bookmarks, bookmarks);
    change_others(1);
    tick(reader);
    EXPECT_EQ(reader.bookmarks, bookmarks + 1);
  }
}

TEST_F(Bookmark, AStreamThatIsNotLiveOrHasBytesQueuedGetsNone) {
  service_.post("a", offer_of("SE", 4));
  service_.settle();
  Reader reader(service_, "country=SE&refreshes=true");
  reader.connect();
  reader.take(1);  // the snapshot
  service_.post("a", offer_of("SE", 4));
  service_.settle();
  service_.clock.advance(limits::kStreamSilence);
  service_.api().tick();
  reader.take(1);  // synced, with that refresh still to be sent
  tick_after_silence(reader);
  service_.post("b", offer_of("SE", 4));
  service_.settle();
  tick_after_silence(reader);
  EXPECT_EQ(reader.known.size(), 2U);
  EXPECT_EQ(reader.bookmarks, 0U);
  tick_after_silence(reader);
  EXPECT_EQ(reader.bookmarks, 1U);
}

// The id is one that the stream has been given all before, neither the newest nor an older one.
TEST_F(Bookmark, NamesWhatItsGroupHasBeenGiven) {
  service_.post("a", offer_of("SE", 4));
  service_.settle();
  Reader first(service_, "country=SE&refreshes=true");
  Reader second(service_, "cpu=2");
  first.connect();
  first.take(1);  // the snapshot
  second.connect();
  second.take();
  service_.post("a", offer_of("SE", 4));
  service_.settle();
  first.take(1);  // it stays awake for this refresh
  for (const char* id : {"b", "c"}) {
    service_.post(id, offer_of("SE", 4));
    service_.step();
  }
  service_.clock.advance_at_each_look(milliseconds{1});
  service_.post("d", offer_of("SE", 4));
  service_.step();  // there is time for one group
  service_.clock.advance_at_each_look({});
  first.take();
  second.take();
  ASSERT_EQ(first.known.size(), 4U);
  ASSERT_EQ(second.known.size(), 3U);
  service_.clock.advance(limits::kStreamSilence);
  service_.api().tick();  // and then the other group is given the change
  first.take();
  second.take(1, 60);  // the bookmark
  EXPECT_EQ(first.bookmarks, 1U);
  EXPECT_EQ(second.bookmarks, 1U);
  EXPECT_EQ(second.known.size(), 3U);
  second.cut();
  second.connect();
  second.take();
  second.expect_whole();
  EXPECT_EQ(second.resets, 0U);
}

// What the thread published to earlier streams is older than what a new one begins with.
TEST_F(Bookmark, IsTheStreamsOwnIdWhereNothingHasBeenPublishedSince) {
  for (int round = 0; round < 2; ++round) {
    Reader reader(service_, "country=SE");
    reader.connect();
    reader.take();
    change_others(10);
    reader.take();
    reader.cut();
    service_.api().tick();
    change_others(10);
    reader.connect();
    reader.take();
    const std::string synced = reader.last_id;
    tick_after_silence(reader);
    EXPECT_EQ(reader.bookmarks, 1U);
    EXPECT_EQ(reader.last_id, synced);
    reader.cut();
    service_.api().tick();
  }
}

TEST(SlowedBookmark, AStreamThatIsBehindGetsNone) {
  Service service({.per_minute = 10, .addresses_max = 1'000});
  Reader reader(service, "");
  reader.connect();
  reader.take();
  service.clock.advance_at_each_look(seconds{2});
  service.post("a", offer_of("SE", 4));
  service.settle();
  reader.take();
  service.clock.advance_at_each_look({});
  service.api().tick();
  service.clock.advance(limits::kStreamSilence);
  service.api().tick();
  reader.take();
  EXPECT_EQ(reader.bookmarks, 0U);
}

}  // namespace
}  // namespace discovery
