// A Handler that answers with what it was asked, so that the HTTP edge is tested without a board.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/executor.h"
#include "base/mutex.h"
#include "net/http1/exchange.h"

namespace discovery::test {

/// What is still owed, for paths that end in /later the answer, in /held that they are resumed;
/// shared by the threads of a server.
class Debts {
 public:
  enum class Owed { answer, resumption };

  void add(Executor* executor, std::shared_ptr<Exchange> exchange, Owed owed = Owed::answer) {
    const MutexLock lock(mutex_);
    debts_.push_back({executor, std::make_shared<Debt>(std::move(exchange), owed)});
    added_.notify_all();
  }

  void wait_for(size_t count) {
    const MutexLock lock(mutex_);
    while (debts_.size() < count) added_.wait(mutex_);
  }

  /// Answers on this thread.
  void settle() {
    for (const auto& [executor, debt] : take()) debt->settle();
  }

  /// Answers as the board's writer does.
  void deliver() {
    for (auto& [executor, debt] : take()) {
      executor->post([debt = std::move(debt)] { debt->settle(); });
    }
  }

 private:
  struct Debt {
    Debt(std::shared_ptr<Exchange> creditor, Owed what)
        : exchange(std::move(creditor)), owed(what) {}
    void settle() {
      if (owed == Owed::resumption) return exchange->resume();
      Reply reply;
      reply.body = "settled";
      exchange->answer(reply);
    }
    std::shared_ptr<Exchange> exchange;
    Owed owed;
  };
  using Entry = std::pair<Executor*, std::shared_ptr<Debt>>;

  std::vector<Entry> take() {
    const MutexLock lock(mutex_);
    return std::exchange(debts_, {});
  }

  Mutex mutex_;
  std::condition_variable_any added_;
  std::vector<Entry> debts_ GUARDED_BY(mutex_);
};

inline std::string text_of(Method method) {
  switch (method) {
    case Method::get:
      return "get";
    case Method::head:
      return "head";
    case Method::post:
      return "post";
    case Method::remove:
      return "remove";
    case Method::options:
      return "options";
    case Method::other:
      break;
  }
  return "other";
}

inline std::string text_of(const Request& request) {
  std::string text = text_of(request.method).append(" ").append(request.path);
  const auto add = [&text](std::string_view name, std::string_view value) {
    if (!value.empty()) text.append(" ").append(name).append("=").append(value);
  };
  const auto add_field = [&text, &add](std::string_view name, const Field& field) {
    add(name, field.value);
    if (field.count != 1)
      text.append(" ").append(name).append("*").append(std::to_string(field.count));
  };
  add("query", request.query);
  add_field("host", request.host);
  if (request.content_type.count > 0) add_field("type", request.content_type);
  if (request.content_encoding.count > 0) add_field("encoding", request.content_encoding);
  if (request.provider_id.count > 0) add_field("id", request.provider_id);
  if (request.provider_signature.count > 0) add_field("signature", request.provider_signature);
  if (request.accept_encoding.count > 0) add_field("accepts", request.accept_encoding);
  if (request.if_none_match.count > 0) add_field("knows", request.if_none_match);
  add("forwarded", request.forwarded_for);
  add("asks", request.requested_method);
  add("names", request.requested_headers);
  add("body", request.body);
  return text;
}

/// A body that comes in pieces, all alike but for the second, which is empty.
struct Pieces {
  std::string text = "piece ";
  size_t count = 4;
  std::atomic<size_t>* taken = nullptr;

  uint64_t bytes() const { return (count - 1) * text.size(); }
};

class PieceSource final : public BodySource {
 public:
  /// Fails at this piece, if at any.
  explicit PieceSource(const Pieces& pieces, std::optional<size_t> fails_at = std::nullopt)
      : pieces_(pieces), fails_at_(fails_at) {}

  Progress take(std::string& out) override {
    if (taken_ != 1) out += pieces_.text;
    if (taken_ == fails_at_) throw std::runtime_error("a piece that is not to be had");
    ++taken_;
    if (pieces_.taken != nullptr) ++*pieces_.taken;
    return taken_ < pieces_.count ? Progress::more : Progress::over;
  }

 private:
  const Pieces pieces_;
  const std::optional<size_t> fails_at_;
  size_t taken_ = 0;
};

/// What the answer is, the path says: /later, /held (an echo, once resumed), /close, /none (204),
/// /large (10 kB), /pieces (the handler's), /sized (the same, with their length), /broken (a fault
/// in the third), .../ended (with an end behind the body), and an echo for all others.
class EchoHandler final : public Handler {
 public:
  explicit EchoHandler(Debts& debts, Executor* executor = nullptr, Pieces pieces = {})
      : debts_(debts), executor_(executor), pieces_(std::move(pieces)) {}

  void handle(const Request& request, Exchange& exchange) override {
    Reply reply;
    reply.sharing = Sharing::own_origin;
    std::string body = text_of(request);
    if (request.path.ends_with("/later")) return debts_.add(executor_, exchange.shared_from_this());
    if (request.path.ends_with("/held") && !request.was_held) {
      debts_.add(executor_, exchange.shared_from_this(), Debts::Owed::resumption);
      return exchange.hold();
    }
    if (request.path == "/close") reply.close = true;
    if (request.path == "/none") reply.status = 204;
    if (request.path.starts_with("/large")) body.assign(10'000, 'x');
    if (request.path.ends_with("/ended")) reply.body_end = " ended";
    if (request.path == "/pieces") reply.source = std::make_shared<PieceSource>(pieces_);
    if (request.path == "/broken") reply.source = std::make_shared<PieceSource>(pieces_, 2);
    if (request.path == "/sized") {
      reply.source = std::make_shared<PieceSource>(pieces_);
      reply.source_bytes = pieces_.bytes();
    }
    reply.body = body;
    exchange.answer(reply);
    body.assign(body.size(), '#');  // an answer that is still borrowed would show it
  }

  void fault(HttpFault fault, const IpAddress& peer, std::string_view forwarded_for,
             Exchange& exchange) override {
    Reply reply;
    const HttpFaultAnswer text = answer_of(fault);
    reply.status = text.status;
    reply.sharing = Sharing::own_origin;
    const std::string body = std::string(text.message) + "; fault of " + peer.text() + " for '" +
                             std::string(forwarded_for) + "'";
    reply.body = body;
    exchange.answer(reply);
  }

 private:
  Debts& debts_;
  Executor* executor_;
  const Pieces pieces_;
};

}  // namespace discovery::test
