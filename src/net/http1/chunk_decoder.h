// Takes the chunked transfer coding off a body, byte for byte, in whatever pieces it comes.
//
// Beast's own decoder is not used: it keeps unfinished lines in the caller's buffer, and 1.81
// asserts when an empty body's last chunk arrives in pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/http1/exchange.h"

namespace discovery {

class ChunkDecoder {
 public:
  /// `extra_bytes` bounds all chunk extensions and trailers together.
  ChunkDecoder(size_t body_bytes, size_t extra_bytes)
      : body_left_(body_bytes), extra_left_(extra_bytes) {}

  /// Appends data to `body` and returns how much of `input` was used: all of it, unless the body
  /// ended (done()) or is faulty (fault()).
  size_t feed(std::string_view input, std::string& body);

  bool done() const { return state_ == State::done; }
  std::optional<HttpFault> fault() const { return fault_; }

 private:
  enum class State : uint8_t {
    size,
    extension,
    size_end,
    data,
    data_return,
    data_end,
    trailer_start,
    trailer,
    trailer_end,
    last_end,
    done
  };

  void take(char c);
  void take_size(char c);
  void take_line(char c, State line, State end);
  void expect(char c, char wanted, State next);

  State state_ = State::size;
  uint8_t digits_ = 0;
  size_t chunk_left_ = 0;
  size_t body_left_;
  size_t extra_left_;
  std::optional<HttpFault> fault_;
};

}  // namespace discovery
