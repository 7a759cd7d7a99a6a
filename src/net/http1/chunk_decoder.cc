#include "net/http1/chunk_decoder.h"

#include <algorithm>
#include <charconv>

namespace discovery {

namespace {

constexpr uint8_t kSizeDigitsMax = 16;

/// Also false for a lone line feed, which other servers may take for the line's end.
bool is_text(char c) { return c == '\t' || (static_cast<unsigned char>(c) >= ' ' && c != '\x7f'); }

}  // namespace

size_t ChunkDecoder::feed(std::string_view input, std::string& body) {
  size_t at = 0;
  while (at < input.size() && !done() && !fault_) {
    if (state_ != State::data) {
      take(input[at++]);
      continue;
    }
    const std::string_view data = input.substr(at, chunk_left_);
    body += data;
    at += data.size();
    chunk_left_ -= data.size();
    if (chunk_left_ == 0) state_ = State::data_return;
  }
  return at;
}

void ChunkDecoder::take(char c) {
  switch (state_) {
    case State::size:
      return take_size(c);
    case State::extension:
      return take_line(c, State::extension, State::size_end);
    case State::size_end:
      digits_ = 0;
      return expect(c, '\n', chunk_left_ > 0 ? State::data : State::trailer_start);
    case State::data_return:
      return expect(c, '\r', State::data_end);
    case State::data_end:
      return expect(c, '\n', State::size);
    case State::trailer_start:
      return take_line(c, State::trailer, State::last_end);
    case State::trailer:
      return take_line(c, State::trailer, State::trailer_end);
    case State::trailer_end:
      return expect(c, '\n', State::trailer_start);
    case State::last_end:
      return expect(c, '\n', State::done);
    case State::data:
    case State::done:
      return;
  }
}

void ChunkDecoder::take_size(char c) {
  size_t digit = 0;
  if (std::from_chars(&c, &c + 1, digit, 16).ec == std::errc{}) {
    chunk_left_ = chunk_left_ * 16 + digit;
    if (++digits_ > kSizeDigitsMax) fault_ = HttpFault::bad_chunk;
    if (chunk_left_ > body_left_) fault_ = HttpFault::body_too_large;
    return;
  }
  if (digits_ == 0) {
    fault_ = HttpFault::bad_chunk;
    return;
  }
  body_left_ -= chunk_left_;
  if (c == ';' || c == ' ' || c == '\t') {
    state_ = State::extension;
  } else {
    expect(c, '\r', State::size_end);
  }
}

void ChunkDecoder::take_line(char c, State line, State end) {
  if (c == '\r') {
    state_ = end;
  } else if (extra_left_ == 0) {
    fault_ = HttpFault::chunk_extras_too_large;
  } else if (!is_text(c)) {
    fault_ = HttpFault::bad_chunk;
  } else {
    --extra_left_;
    state_ = line;
  }
}

void ChunkDecoder::expect(char c, char wanted, State next) {
  state_ = next;
  if (c != wanted) fault_ = HttpFault::bad_chunk;
}

}  // namespace discovery
