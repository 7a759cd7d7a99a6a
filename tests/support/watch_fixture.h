// Models of watching clients: they apply what they are sent, are cut, and resume.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/watch/event_id.h"
#include "tests/support/api_fixture.h"

namespace discovery {

inline constexpr std::string_view kWatchUrl = "/api/v1/watch";

/// The value of a member that is a text.
inline std::string text_of(std::string_view json, std::string_view name) {
  const std::string key = '"' + std::string(name) + "\":\"";
  const size_t at = json.find(key);
  if (at == std::string_view::npos) return {};
  const size_t begin = at + key.size();
  return std::string(json.substr(begin, json.find('"', begin) - begin));
}

inline std::string without_times(const std::string& json) {
  return json.substr(0, json.find(R"(,"created_at")"));
}

/// A board that can be restarted on its store, and its API.
class Service {
 public:
  explicit Service(const RateLimiterOptions& limits = {.per_minute = 0, .addresses_max = 1'000})
      : limiter_(limits) {
    start();
  }

  void start() {
    api_.reset();
    board_ = std::make_unique<Board>(BoardOptions{.lease = std::chrono::seconds{60},
                                                  .outage_credit = outage_credit,
                                                  .providers_max = providers_max,
                                                  .new_providers_per_hour = 0},
                                     store);
    ASSERT_TRUE(board_->load({}, clock.now()));
    api_ = std::make_unique<Api>(options, *board_, limiter_, lifecycle_, clock, executor);
    lifecycle_.phase = Lifecycle::Phase::serving;
  }

  Api& api() { return *api_; }

  void step() {
    while (board_->step(clock.now()) == Board::Step::more) {
    }
  }
  /// Until nothing is queued, and every stream with events is awake.
  void settle() {
    step();
    clock.advance(std::chrono::milliseconds{10});
    executor.run_later();
  }
  /// The same, and what has expired by now is gone: no time passes behind the last look at it.
  void settle_expiries() {
    for (int i = 0; i < 3; ++i) {
      executor.run_later();
      clock.advance(std::chrono::seconds{1});
      step();
    }
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
    exchange->take_rest();
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
  TestExecutor executor;
  ApiOptions options;
  size_t providers_max = 1'000;
  Duration outage_credit{};

 private:
  void send(Request request, const std::string& id) {
    request.provider_id = {id, 1};
    request.provider_signature = {"signature", 1};
    api_->handle(request, *std::make_shared<RecordingExchange>());
  }

  Lifecycle lifecycle_;
  RateLimiter limiter_;
  std::unique_ptr<Board> board_;
  std::unique_ptr<Api> api_;
};

/// One client, over as many connections as it takes.
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
      more = connection_->events->take(piece) == BodySource::Progress::more;
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
  size_t bookmarks = 0;
  size_t resets = 0;
  size_t cuts_of_snapshots = 0;  // after which nothing but a reset is possible

 private:
  struct Connection final : Exchange {
    void answer(const Reply& reply) override {
      status = reply.status;
      events = reply.source;
    }
    void wake() override { is_awake = true; }
    void hang_up() override { is_gone = true; }
    std::shared_ptr<BodySource> events;
    Revision revision = 0;  // of its last id
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

  void keep_id(const std::string& id) {
    const auto parsed = parse_event_id(id);
    ASSERT_TRUE(parsed) << id;
    EXPECT_GE(parsed->revision, connection_->revision) << query_;
    connection_->revision = parsed->revision;
    last_id = id;
  }

  void apply(const std::string& event) {
    const std::string name = line_of(event, "event");
    const std::string last = line_of(event, "id");
    if (!last.empty()) keep_id(last);
    if (name.empty()) {
      if (!last.empty()) ++bookmarks;
      return;
    }
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

inline std::string offer_of(std::string_view country, int cpu) {
  return R"({"ip_address": "83.233.10.2", "country": ")" + std::string(country) +
         R"(", "resources": {"cpu": )" + std::to_string(cpu) + R"(, "memory": 8, "storage": 100}})";
}

}  // namespace discovery
