// Received bytes that have not been used yet: small while a connection idles, large enough for a
// head.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace discovery {

/// Used by one connection, on its thread.
class InputBuffer {
 public:
  std::string_view text() const { return {memory_.get() + begin_, end_ - begin_}; }
  bool empty() const { return begin_ == end_; }

  void consume(size_t size) { begin_ += size; }
  void commit(size_t size) { end_ += size; }

  /// Where the next bytes go: never empty. Unused bytes move to the front; the memory doubles when
  /// they fill it, and is small again when there are none.
  std::span<char> space() {
    const size_t used = end_ - begin_;
    const bool too_small = used == capacity_;
    const bool too_large = used == 0 && capacity_ > kSmall;
    if (too_small || too_large) {
      move_to(too_large ? kSmall : capacity_ * 2);
    } else if (begin_ > 0) {
      std::memmove(memory_.get(), memory_.get() + begin_, used);
      end_ = used;
      begin_ = 0;
    }
    return {memory_.get() + end_, capacity_ - end_};
  }

 private:
  static constexpr size_t kSmall = 2048;

  void move_to(size_t capacity) {
    auto memory = std::make_unique_for_overwrite<char[]>(capacity);
    const std::string_view unused = text();
    unused.copy(memory.get(), unused.size());
    memory_ = std::move(memory);
    capacity_ = capacity;
    end_ = unused.size();
    begin_ = 0;
  }

  size_t capacity_ = kSmall;
  std::unique_ptr<char[]> memory_ = std::make_unique_for_overwrite<char[]>(kSmall);
  size_t begin_ = 0;
  size_t end_ = 0;
};

}  // namespace discovery
