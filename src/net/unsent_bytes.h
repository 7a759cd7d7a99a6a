// What a connection's socket has not taken yet.
#pragma once

#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/release.h"
#include "net/http1/protocol.h"

namespace discovery {

/// Used by one connection, on its thread. Copies what was rendered for the connection alone; a body
/// that has an owner is sent from where it is.
class UnsentBytes {
 public:
  bool empty() const { return taken_ == text_.size() + tail_.size(); }
  /// How much memory it takes, or keeps from being freed.
  size_t bytes() const {
    const bool is_kept = owner_.use_count() > 0;  // 0: as long as the process
    return text_.capacity() + (is_kept ? tail_.size() : 0);
  }

  /// Takes over what `out` holds, behind what is unsent already, and empties it. Of it `sent` bytes
  /// have been taken; none where something is unsent.
  void put(Out& out, size_t sent) {
    if (!tail_.empty()) {
      text_.append(tail_);
      tail_ = {};
    }
    text_ += out.text;
    taken_ += sent;
    if (out.tail_owner) {
      tail_ = out.tail;
      owner_ = std::move(out.tail_owner);
    } else {
      text_ += out.tail;
    }
    out.clear();
  }

  std::array<iovec, 2> pieces() const {
    const size_t of_text = std::min(taken_, text_.size());
    return {piece(std::string_view(text_).substr(of_text)), piece(tail_.substr(taken_ - of_text))};
  }

  /// The socket has taken so many more.
  void take(size_t size) {
    taken_ += size;
    if (!empty()) return;
    release(text_);
    tail_ = {};
    owner_.reset();
    taken_ = 0;
  }

  static iovec piece(std::string_view text) {
    return {const_cast<char*>(text.data()), text.size()};
  }

 private:
  std::string text_;
  std::string_view tail_;  // behind it
  std::shared_ptr<const void> owner_;
  size_t taken_ = 0;  // of both
};

}  // namespace discovery
