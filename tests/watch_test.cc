// Streams against a model of their readers: whoever applies what it is sent, is cut anywhere and
// goes on, ends with the board that a list shows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/api_fixture.h"

namespace discovery {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kWatchUrl = "/api/v1/watch";

/// The value of a member that is a text.
std::string text_of(std::string_view json, std::string_view name) {
  const std::string key = '"' + std::string(name) + "\":\"";
  const size_t at = json.find(key);
  if (at == std::string_view::npos) return {};
  const size_t begin = at + key.size();
  return std::string(json.substr(begin, json.find('"', begin) - begin));
}

std::string without_times(const std::string& json) {
  return json.substr(0, json.find(R"(,"created_at")"));
}

/// A board that can be restarted on its store, and its API.
class Service {
 public:
  Service() { start(); }

  void start() {
    api_.reset();
    board_ =
        std::make_unique<Board>(BoardOptions{.lease = seconds{60}, .providers_max = 1'000}, store);
    ASSERT_TRUE(board_->load({}, 1, clock.now()));
    api_ = std::make_unique<Api>(options, *board_, limiter_, lifecycle_, clock, outbox);
    lifecycle_.phase = Lifecycle::Phase::serving;
  }

  Api& api() { return *api_; }

  /// Until nothing is queued, and everybody who hears of it is awake.
  void settle() {
    while (board_->step(clock.now()) == Board::Step::more) {
    }
    clock.advance(milliseconds{10});
    outbox.run_later();
  }

  void post(const std::string& id, const std::string& body) {
    Request request = this->request(Method::post, kBoardUrl, {});
    request.body = body;
    send(request, id);
  }
  void withdraw(const std::string& id) {
    const std::string path = std::string(kBoardUrl) + '/' + id;
    send(request(Method::remove, path, {}), id);
  }

  std::string list(const std::string& query) {
    const auto exchange = std::make_shared<RecordingExchange>();
    api_->handle(request(Method::get, kBoardUrl, query), *exchange);
    return exchange->answers.at(0).body;
  }

  Request request(Method method, std::string_view path, std::string_view query) const {
    Request request;
    request.method = method;
    request.path = path;
    request.query = query;
    request.peer = IpAddress::parse("198.51.100.7").value();
    return request;
  }

  ManualClock clock;
  MemoryStore store;
  TestOutbox outbox;
  ApiOptions options;

 private:
  void send(Request request, const std::string& id) {
    request.provider_id = {id, 1};
    request.provider_signature = {"signature", 1};
    api_->handle(request, *std::make_shared<RecordingExchange>());
  }

  Lifecycle lifecycle_;
  Limiter limiter_{{.per_minute = 0, .addresses_max = 1'000}};
  std::unique_ptr<Board> board_;
  std::unique_ptr<Api> api_;
};

/// One who watches, over as many connections as it takes.
class Reader {
 public:
  Reader(Service& service, std::string query) : service_(service), query_(std::move(query)) {}

  void connect() {
    connection_ = std::make_shared<Connection>();
    text_.clear();
    Request request = service_.request(Method::get, kWatchUrl, query_);
    if (!last_id.empty()) request.last_event_id = {last_id, 1};
    if (last_id.ends_with("-s")) ++cuts_of_snapshots;
    service_.api().handle(request, *connection_);
    ASSERT_EQ(connection_->status, 200);
    connection_->is_awake = true;
  }

  void cut() {
    if (connection_) connection_->events.reset();
    connection_.reset();
  }
  bool is_connected() const { return connection_ && connection_->events && !connection_->is_gone; }

  /// Takes up to `pieces`, and loses all but the first `bytes` of the last one: for ever, as the
  /// connection is cut then.
  void take(size_t pieces = SIZE_MAX, size_t bytes = SIZE_MAX) {
    bool more = is_connected() && connection_->is_awake;
    while (more && pieces-- > 0) {
      std::string piece;
      more = connection_->events->take(piece) == EventSource::Progress::more;
      if (pieces == 0) piece.resize(std::min(piece.size(), bytes));
      text_ += piece;
      apply_whole_events();
    }
    if (connection_) connection_->is_awake = more;
  }

  /// What a list would show, by id.
  std::map<std::string, std::string> listed() const {
    std::map<std::string, std::string> listed;
    std::string body = service_.list(query_without_refreshes());
    for (size_t at = 1; at + 1 < body.size();) {
      const size_t end = body.find("Z\"}", at) + 3;
      const std::string json = body.substr(at, end - at);
      listed[text_of(json, "provider_id")] = json;
      at = end + 1;
    }
    return listed;
  }

  void expect_whole() const {
    const auto expected = listed();
    ASSERT_EQ(known.size(), expected.size()) << query_;
    for (const auto& [id, json] : expected) {
      ASSERT_TRUE(known.contains(id)) << query_ << ' ' << id;
      if (has_refreshes()) {
        EXPECT_EQ(known.at(id), json) << query_;
      } else {
        EXPECT_EQ(without_times(known.at(id)), without_times(json)) << query_;
      }
    }
    EXPECT_EQ(events.back(), "synced") << query_;
  }

  std::map<std::string, std::string> known;
  std::vector<std::string> events;  // the names, of what changed after the last `synced` in front
  std::string last_id;
  size_t resets = 0;
  size_t cuts_of_snapshots = 0;  // after which nothing but a reset is possible

 private:
  struct Connection final : Exchange {
    void answer(const Reply& reply) override {
      status = reply.status;
      events = reply.events;
    }
    void wake() override { is_awake = true; }
    void hang_up() override { is_gone = true; }
    std::shared_ptr<EventSource> events;
    int status = 0;
    bool is_awake = false;
    bool is_gone = false;
  };

  bool has_refreshes() const { return query_.find("refreshes=true") != std::string::npos; }
  std::string query_without_refreshes() const {
    return query_.substr(0, query_.find("&refreshes"));
  }

  void apply_whole_events() {
    for (size_t end; (end = text_.find("\n\n")) != std::string::npos; text_.erase(0, end + 2)) {
      apply(text_.substr(0, end + 1));
    }
  }

  static std::string line_of(const std::string& event, std::string_view name) {
    const size_t at = ('\n' + event).find('\n' + std::string(name) + ": ");
    if (at == std::string::npos) return {};
    const size_t begin = at + name.size() + 2;
    return event.substr(begin, event.find('\n', begin) - begin);
  }

  void apply(const std::string& event) {
    const std::string name = line_of(event, "event");
    if (name.empty()) return;
    if (const std::string id = line_of(event, "id"); !id.empty()) last_id = id;
    const std::string data = line_of(event, "data");
    const std::string id = text_of(data, "provider_id");
    if (name == "reset") {
      ++resets;
      known.clear();
    } else if (name == "removed") {
      known.erase(id);
    } else if (name == "refreshed") {
      if (!known.contains(id)) return;
      std::string& json = known.at(id);
      EXPECT_GE(text_of(data, "updated_at"), text_of(json, "updated_at"));
      json = without_times(json) + data.substr(data.find(R"(,"created_at")"));
      return;  // no event that `synced` must come behind
    } else if (name == "added" || name == "updated") {
      if (known.contains(id)) {
        EXPECT_GE(text_of(data, "updated_at"), text_of(known.at(id), "updated_at"));
      }
      known[id] = data;
    }
    if (name == "synced" || events.empty() || events.back() != "synced") events.push_back(name);
  }

  Service& service_;
  const std::string query_;
  std::shared_ptr<Connection> connection_;
  std::string text_;
};

std::string offer_of(std::string_view country, int cpu) {
  return R"({"ip_address": "83.233.10.2", "country": ")" + std::string(country) +
         R"(", "resources": {"cpu": )" + std::to_string(cpu) + R"(, "memory": 8, "storage": 100}})";
}

/// Random changes of a small board under readers that come and go.
class WatchModel : public testing::TestWithParam<uint32_t> {
 protected:
  size_t below(size_t bound) {
    return std::uniform_int_distribution<size_t>(0, bound - 1)(random_);
  }

  void act() {
    const size_t choice = below(100);
    const std::string id = "p" + std::to_string(below(250));
    if (choice < 40) {
      const std::string_view country = below(2) == 0 ? "SE" : "DE";
      return service_.post(id, offer_of(country, static_cast<int>(1 + below(3))));
    }
    if (choice < 45) return service_.withdraw(id);
    if (choice < 60) return service_.settle();
    if (choice < 65) return service_.clock.advance(milliseconds{below(9'000)});
    if (choice < 66) return restart();
    Reader& reader = readers_[below(readers_.size())];
    if (choice < 70) return reader.cut();
    if (choice < 73) {
      reader.take(1 + below(3), below(2'000));
      return reader.cut();
    }
    if (!reader.is_connected()) reader.connect();
    reader.take(1 + below(3));
  }

  void restart() {
    for (Reader& reader : readers_) reader.cut();
    service_.start();
  }

  void expect_all_whole() {
    service_.clock.advance(seconds{1});
    service_.settle();
    for (Reader& reader : readers_) {
      if (!reader.is_connected()) reader.connect();
      reader.take();
      reader.expect_whole();
    }
  }

  std::mt19937 random_{GetParam()};
  Service service_;
  std::vector<Reader> readers_ = [&] {
    std::vector<Reader> readers;
    for (const char* query : {"", "country=SE", "cpu=2", "q=cpu=3%20||%20country=%22DE%22",
                              "country=DE&refreshes=true"}) {
      readers.emplace_back(service_, query);
    }
    return readers;
  }();
};

TEST_P(WatchModel, WhoeverGoesOnEndsWithTheBoard) {
  for (int round = 0; round < 20 && !HasFailure(); ++round) {
    for (int i = 0; i < 150; ++i) act();
    expect_all_whole();
  }
  for (const Reader& reader : readers_) EXPECT_LE(reader.resets, reader.cuts_of_snapshots);
}

INSTANTIATE_TEST_SUITE_P(Seeds, WatchModel, testing::Range(0U, 100U));

class Watch : public testing::Test {
 protected:
  Service service_;
};

TEST_F(Watch, ShowsTheBoardAndThenEveryChangeOfIt) {
  service_.post("a", offer_of("SE", 4));
  service_.post("b", offer_of("DE", 4));
  service_.settle();
  Reader reader(service_, "country=SE");
  reader.connect();
  reader.take();
  EXPECT_EQ(reader.events, std::vector<std::string>({"added", "synced"}));
  service_.post("c", offer_of("SE", 1));
  service_.settle();
  reader.take();
  EXPECT_EQ(reader.known.size(), 2U);
  service_.post("a", offer_of("DE", 1));
  service_.withdraw("c");
  service_.settle();
  reader.take();
  EXPECT_TRUE(reader.known.empty());
}

TEST_F(Watch, TellsOfAnExpiryThoughNobodyPosts) {
  service_.post("a", offer_of("SE", 4));
  service_.settle();
  Reader reader(service_, "");
  reader.connect();
  reader.take();
  service_.clock.advance(seconds{61});
  service_.settle();
  reader.take();
  EXPECT_TRUE(reader.known.empty());
}

TEST_F(Watch, TellsWhatExpiredWhileTheServerWasDown) {
  service_.post("a", offer_of("SE", 4));
  service_.settle();
  Reader reader(service_, "");
  reader.connect();
  reader.take();
  reader.cut();
  service_.clock.advance(seconds{61});
  service_.start();
  reader.connect();
  service_.settle();
  reader.take();
  EXPECT_TRUE(reader.known.empty());
  EXPECT_EQ(reader.resets, 0U);
}

TEST_F(Watch, ResetsWhereTheDifferenceCannotBeTold) {
  service_.post("a", offer_of("SE", 4));
  service_.settle();
  Reader first(service_, "");
  first.connect();
  first.take();
  const std::string id = first.last_id;
  const std::string later = id.substr(0, id.rfind('-') + 1) + "ffff";
  for (const std::string& mark :
       {std::string("x"), std::string("1-2-3"), later, id + "-s", id + "0", std::string("--")}) {
    Reader reader(service_, "");
    reader.last_id = mark;
    reader.known["ghost"] = "{}";
    reader.connect();
    reader.take();
    EXPECT_EQ(reader.resets, 1U) << mark;
    reader.expect_whole();
  }
  Reader other(service_, "country=SE");
  other.last_id = id;
  other.connect();
  other.take();
  EXPECT_EQ(other.resets, 1U);
}

TEST_F(Watch, ResetsWhereAnotherProgramHasWritten) {
  service_.post("a", offer_of("SE", 4));
  service_.settle();
  Reader reader(service_, "");
  reader.connect();
  reader.take();
  reader.cut();
  MemoryStore::Row row = service_.store.rows().at("a");
  row.provider_id = "b";
  service_.store.put(row);
  service_.start();
  reader.connect();
  reader.take();
  EXPECT_EQ(reader.resets, 1U);
  EXPECT_EQ(reader.known.size(), 2U);
}

TEST_F(Watch, LosesAReaderForWhomTooMuchPilesUp) {
  Reader stuck(service_, "");
  Reader quick(service_, "");
  stuck.connect();
  quick.connect();
  stuck.take();
  quick.take();
  // Some 300 bytes each.
  for (int i = 0; i < 5'000 && stuck.is_connected(); ++i) {
    service_.post("p" + std::to_string(i % 900), offer_of("SE", 1 + i % 7));
    if (i % 500 == 499) {
      service_.settle();
      quick.take();
    }
  }
  service_.settle();
  quick.take();
  EXPECT_FALSE(stuck.is_connected());
  ASSERT_TRUE(quick.is_connected());
  EXPECT_EQ(quick.known.size(), quick.listed().size());
  stuck.cut();
  stuck.connect();
  stuck.take();
  stuck.expect_whole();
  EXPECT_EQ(stuck.resets, 0U);
}

TEST_F(Watch, BoundsHowManyWatch) {
  service_.options.watchers = std::make_shared<ConnectionCounts>(
      ConnectionLimits{.connections_max = 3, .per_address_max = 2, .trusted_proxies = {}});
  service_.start();
  const auto status_from = [&](std::string_view address, auto& kept) {
    const auto exchange = std::make_shared<RecordingExchange>();
    Request request = service_.request(Method::get, kWatchUrl, {});
    request.peer = IpAddress::parse(address).value();
    service_.api().handle(request, *exchange);
    kept.push_back(exchange->events);
    return exchange->answers.at(0).status;
  };
  std::vector<std::shared_ptr<EventSource>> kept;
  EXPECT_EQ(status_from("198.51.100.7", kept), 200);
  EXPECT_EQ(status_from("198.51.100.7", kept), 200);
  EXPECT_EQ(status_from("198.51.100.7", kept), 429);
  EXPECT_EQ(status_from("198.51.100.8", kept), 200);
  EXPECT_EQ(status_from("198.51.100.9", kept), 503);
  kept.clear();
  EXPECT_EQ(status_from("198.51.100.9", kept), 200);
}

TEST_F(Watch, RefusesWhatBelongsToAListAlone) {
  for (const char* query : {"sort=cpu", "limit=5", "cursor=00", "count=true", "fields=country",
                            "refreshes=yes", "country=Sweden"}) {
    const auto exchange = std::make_shared<RecordingExchange>();
    service_.api().handle(service_.request(Method::get, kWatchUrl, query), *exchange);
    EXPECT_EQ(exchange->answers.at(0).status, 422) << query;
  }
}

TEST_F(Watch, SilentStreamsShowThatTheyLive) {
  const auto exchange = std::make_shared<RecordingExchange>();
  service_.api().handle(service_.request(Method::get, kWatchUrl, {}), *exchange);
  std::string text;
  while (exchange->events->take(text) == EventSource::Progress::more) {
  }
  EXPECT_THAT(text, StartsWith("retry: "));
  text.clear();
  service_.clock.advance(seconds{14});
  service_.api().tick();
  exchange->events->take(text);
  EXPECT_EQ(text, "");
  service_.clock.advance(seconds{15});
  service_.api().tick();
  exchange->events->take(text);
  EXPECT_EQ(text, ":\n\n");
}

}  // namespace
}  // namespace discovery
