// Writes text into memory that the caller knows to be large enough.
#pragma once

#include <charconv>
#include <cstring>
#include <string_view>

namespace discovery {

class Pen {
 public:
  explicit Pen(char* at) : at_(at) {}

  Pen& put(std::string_view text) {
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
    return *this;
  }
  Pen& put(char c) {
    *at_++ = c;
    return *this;
  }
  template <class Integer>
  Pen& put_integer(Integer number) {
    constexpr size_t kDigitsMax = 20;
    at_ = std::to_chars(at_, at_ + kDigitsMax, number).ptr;
    return *this;
  }

  char* at() const { return at_; }
  void skip(size_t length) { at_ += length; }

 private:
  char* at_;
};

}  // namespace discovery
