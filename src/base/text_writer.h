// Writes text into memory that the caller knows to be large enough.
#pragma once

#include <charconv>
#include <cstring>
#include <string_view>

namespace discovery {

class TextWriter {
 public:
  explicit TextWriter(char* at) : at_(at) {}

  TextWriter& put(std::string_view text) {
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
    return *this;
  }
  TextWriter& put(char c) {
    *at_++ = c;
    return *this;
  }
  template <class Integer>
  TextWriter& put_integer(Integer number) {
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
