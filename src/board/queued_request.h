// Requests that wait for the writer, and how they are completed.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "board/post.h"

namespace discovery {

struct QueuedRequest {
  std::variant<Post, Withdrawal> request;
  ReplyTo reply_to;
  BootTime queued;
};

/// Completes the first `count`, each with what `outcome_of(index)` says, and leaves them without an
/// executor. Where this throws, those that still have one are not completed.
template <class OutcomeOf>
void complete(std::vector<QueuedRequest>& items, size_t count, OutcomeOf&& outcome_of) {
  using Delivery = std::vector<std::pair<std::shared_ptr<Completion>, Outcome>>;
  for (size_t first = 0; first < count; ++first) {  // one delivery per I/O thread: few
    Executor* const executor = items[first].reply_to.executor;
    if (executor == nullptr) continue;
    const auto delivery = std::make_shared<Delivery>();
    delivery->reserve(count - first);
    std::function<void()> deliver = [delivery] {
      for (auto& [completion, outcome] : *delivery) {
        completion->complete(outcome);
        completion.reset();  // here, since it belongs to this thread
      }
    };
    const auto for_each = [&](auto&& visit) {
      for (size_t i = first; i < count; ++i) {
        if (items[i].reply_to.executor == executor) visit(i, items[i].reply_to);
      }
    };
    for_each([&](size_t i, ReplyTo& reply_to) {
      delivery->emplace_back(std::move(reply_to.completion), outcome_of(i));
    });
    try {
      executor->post(std::move(deliver));
    } catch (...) {
      auto kept = delivery->begin();
      for_each(
          [&](size_t, ReplyTo& reply_to) { reply_to.completion = std::move((kept++)->first); });
      throw;
    }
    for_each([](size_t, ReplyTo& reply_to) { reply_to.executor = nullptr; });
  }
}

}  // namespace discovery
