// An Api on a real board whose writer is the test, with answers kept as a client would see them.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "api/api.h"
#include "base/mutex.h"
#include "board/archive.h"
#include "tests/support/board_fixture.h"
#include "tests/support/manual_clock.h"
#include "tests/support/memory_store.h"

namespace discovery {

inline constexpr std::string_view kBoardUrl = "/api/v1/advertisements";

/// A Reply that owns what it shows.
struct Answered {
  int status = 0;
  ContentType content_type = ContentType::none;
  Caching caching = Caching::no_store;
  Sharing sharing = Sharing::own_origin;
  std::string body;  // with all that a source gives
  bool streamed = false;
  std::optional<uint64_t> streamed_bytes;
  std::string request_id;
  std::string further_headers;
  std::optional<RateLimitState> rate_limit;
  uint32_t retry_after_seconds = 0;
  bool close = false;

  /// The value of one of further_headers; empty where it is missing.
  std::string header(std::string_view name) const {
    const std::string start = std::string(name) + ": ";
    const size_t at = ("\r\n" + further_headers).find("\r\n" + start);
    if (at == std::string::npos) return {};
    const size_t begin = at + start.size();
    return further_headers.substr(begin, further_headers.find("\r\n", begin) - begin);
  }

  /// The value of `"code"` in an error's body.
  std::string code() const {
    constexpr std::string_view kStart = R"({"code":")";
    if (!body.starts_with(kStart)) return "none";
    return body.substr(kStart.size(), body.find('"', kStart.size()) - kStart.size());
  }
};

class RecordingExchange : public Exchange {
 public:
  void answer(const Reply& reply) override {
    Answered answered{reply.status,
                      reply.content_type,
                      reply.caching,
                      reply.sharing,
                      std::string(reply.body).append(reply.body_end),
                      reply.source != nullptr,
                      reply.source_bytes,
                      std::string(reply.request_id),
                      std::string(reply.further_headers),
                      reply.rate_limit,
                      reply.retry_after_seconds,
                      reply.close};
    source = reply.source;
    answers.push_back(std::move(answered));
  }
  void hold() override { is_held = true; }
  void resume() override {
    if (std::exchange(is_held, false)) ++resumptions;
  }
  void wake() override { ++wakes; }
  /// Takes what a source has left of the last answer; `pieces` says in how many.
  void take_rest() {
    for (bool more = source != nullptr; more; ++pieces) {
      more = source->take(answers.back().body) == BodySource::Progress::more;
    }
  }

  std::vector<Answered> answers;
  std::shared_ptr<BodySource> source;  // of the last
  size_t pieces = 0;
  bool is_held = false;
  int resumptions = 0;
  int wakes = 0;
};

/// Works at once for the test's own thread, which is the board's writer; what other threads hand in
/// waits until the test runs it.
class TestExecutor final : public Executor {
 public:
  void post(std::function<void()> work) override {
    if (std::this_thread::get_id() == owner_) return work();
    const MutexLock lock(mutex_);
    handed_in_.push_back(std::move(work));
    changed_.notify_all();
  }
  /// What is to be done later waits for run_later().
  void post_after(Duration delay, std::function<void()> work) override {
    delays.push_back(delay);
    later_.push_back(std::move(work));
  }
  void run_later() {
    delays.clear();
    for (const auto& work : std::exchange(later_, {})) work();
  }
  std::vector<Duration> delays;  // of what waits for that
  /// Waits for the next piece of work.
  void run_one() { take()(); }

 private:
  std::function<void()> take() {
    const MutexLock lock(mutex_);
    while (handed_in_.empty()) changed_.wait(mutex_);
    std::function<void()> work = std::move(handed_in_.front());
    handed_in_.pop_front();
    return work;
  }

  const std::thread::id owner_ = std::this_thread::get_id();
  Mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::function<void()>> handed_in_ GUARDED_BY(mutex_);
  std::vector<std::function<void()>> later_;
};

struct RigOptions {
  uint32_t per_minute = 0;
  ApiOptions api = {};
  BoardOptions board{.providers_max = 1'000};
};

class Rig {
 public:
  explicit Rig(const RigOptions& options = {})
      : limiter({.per_minute = options.per_minute, .addresses_max = 1'000}),
        board(options.board, store),
        api(options.api, board, limiter, lifecycle, clock, executor) {
    lifecycle.archive = archive.get();
    lifecycle.phase = Lifecycle::Phase::serving;
  }

  /// Answered exactly once: at once or, while the board is being loaded, when the time to wait for
  /// that is up.
  Answered now(const Request& request) {
    const auto exchange = std::make_shared<RecordingExchange>();
    api.handle(request, *exchange);
    give_up_waiting(request, *exchange);
    return only_answer(*exchange);
  }

  /// Answered exactly once, after the board's next step at the latest.
  Answered settled(const Request& request) {
    const auto exchange = std::make_shared<RecordingExchange>();
    api.handle(request, *exchange);
    board.step(clock.now());
    return only_answer(*exchange);
  }

  /// Answered at once or by the archive, exactly once.
  Answered looked_up(std::string_view path) {
    const auto exchange = std::make_shared<RecordingExchange>();
    const Request asked = request(Method::get, path);
    api.handle(asked, *exchange);
    give_up_waiting(asked, *exchange);
    if (exchange->answers.empty()) executor.run_one();
    return only_answer(*exchange);
  }

  Answered get(std::string_view path, std::string_view query = {}) {
    return now(request(Method::get, path, query));
  }
  Answered list(std::string_view query = {}) { return get(kBoardUrl, query); }
  Answered list_unless(std::string_view tag, std::string_view query = {}) {
    Request conditional = request(Method::get, kBoardUrl, query);
    conditional.if_none_match = {tag, 1};
    return now(conditional);
  }
  Answered list_as(std::string_view accept_encoding, std::string_view query = {}) {
    Request negotiated = request(Method::get, kBoardUrl, query);
    negotiated.accept_encoding = {accept_encoding, 1};
    return now(negotiated);
  }
  Answered show(std::string_view id) { return get(std::string(kBoardUrl) + "/" + std::string(id)); }

  Answered post(std::string_view body, std::string_view id = "provider123",
                std::string_view signature = "signature123") {
    return settled(signed_request(Method::post, kBoardUrl, body, id, signature));
  }
  Answered withdraw(std::string_view path_id, std::string_view id,
                    std::string_view signature = "signature123") {
    const std::string path = std::string(kBoardUrl) + "/" + std::string(path_id);
    return settled(signed_request(Method::remove, path, {}, id, signature));
  }

  Answered fault(HttpFault fault) {
    const auto exchange = std::make_shared<RecordingExchange>();
    api.fault(fault, peer, {}, *exchange);
    return only_answer(*exchange);
  }

  Request request(Method method, std::string_view path, std::string_view query = {}) const {
    Request request;
    request.method = method;
    request.path = path;
    request.query = query;
    request.peer = peer;
    return request;
  }
  Request signed_request(Method method, std::string_view path, std::string_view body,
                         std::string_view id, std::string_view signature) const {
    Request request = this->request(method, path);
    request.body = body;
    request.provider_id = {id, 1};
    request.provider_signature = {signature, 1};
    return request;
  }

  IpAddress peer = IpAddress::parse("198.51.100.7").value();
  ManualClock clock;
  MemoryStore store;
  Lifecycle lifecycle;
  RateLimiter limiter;
  TestExecutor executor;
  Board board;
  std::unique_ptr<Archive> archive = Archive::start(store, board, clock).value();
  Api api;

 private:
  void give_up_waiting(Request request, RecordingExchange& exchange) {
    if (lifecycle.phase != Lifecycle::Phase::loading || !exchange.is_held) return;
    clock.advance(limits::kLoadWait);
    executor.run_later();
    EXPECT_EQ(exchange.resumptions, 1);
    request.was_held = true;
    api.handle(request, exchange);
  }
  static Answered only_answer(RecordingExchange& exchange) {
    EXPECT_EQ(exchange.answers.size(), 1U);
    exchange.take_rest();
    return exchange.answers.empty() ? Answered{} : exchange.answers.front();
  }
};

inline constexpr std::string_view kOffer =
    R"({"ip_address": "83.233.10.2", "country": "SE",)"
    R"( "resources": {"cpu": 4, "memory": 8, "storage": 100}})";

}  // namespace discovery
