// Received bytes that have not been used yet. Most requests are used whole as soon as they have
// come, so that a connection has memory of its own only for what is left over.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace discovery {

/// Used by one connection, on its thread.
class InputBuffer {
 public:
  std::string_view text() const { return {at_ + begin_, end_ - begin_}; }
  bool empty() const { return begin_ == end_; }
  /// How much memory it has of its own.
  size_t bytes() const { return own_ ? capacity_ : 0; }

  void consume(size_t size) {
    begin_ += size;
    if (empty()) own_.reset();
  }
  void commit(size_t size) { end_ += size; }

  /// Where the next bytes go: never empty. `shared`, lent until keep(), where nothing is unused;
  /// otherwise memory of its own, which doubles when that is full.
  std::span<char> space(std::span<char> shared) {
    if (empty()) {
      at_ = shared.data();
      begin_ = end_ = 0;
      return shared;
    }
    if (end_ - begin_ == capacity_) {
      move_to(capacity_ * 2);
    } else if (begin_ > 0) {
      std::memmove(at_, at_ + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    return {at_ + end_, capacity_ - end_};
  }

  /// Gives back what space() was lent.
  void keep() {
    if (!empty() && at_ != own_.get()) move_to(std::max(kLeast, text().size() + 1));
  }

 private:
  static constexpr size_t kLeast = 512;

  void move_to(size_t capacity) {
    auto memory = std::make_unique_for_overwrite<char[]>(capacity);
    const size_t size = text().copy(memory.get(), text().size());
    own_ = std::move(memory);
    at_ = own_.get();
    capacity_ = capacity;
    begin_ = 0;
    end_ = size;
  }

  std::unique_ptr<char[]> own_;
  size_t capacity_ = 0;  // of its own memory
  char* at_ = nullptr;   // that, or what is lent
  size_t begin_ = 0;
  size_t end_ = 0;
};

}  // namespace discovery
