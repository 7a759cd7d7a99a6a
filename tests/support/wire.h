// A Protocol without a socket: bytes in, answers out.
#pragma once

#include <algorithm>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/http1/protocol.h"
#include "tests/support/echo.h"

namespace discovery::test {

/// The answers' bodies: what the echo handler says about each request, one line each.
inline std::string bodies_of(std::string_view answers) {
  std::string bodies;
  while (!answers.empty()) {
    const size_t head = answers.find("\r\n\r\n") + 4;
    const size_t length_at = answers.substr(0, head).find("Content-Length: ");
    const size_t length = length_at == std::string_view::npos
                              ? 0
                              : std::stoul(std::string(answers.substr(length_at + 16, 8)));
    bodies.append(answers.substr(head, length)).append("\n");
    answers.remove_prefix(std::min(answers.size(), head + length));
  }
  return bodies;
}

class Wire final : public Exchange {
 public:
  explicit Wire(Handler& handler, const ProtocolLimits& limits = {})
      : handler_(handler), protocol_(limits, *IpAddress::parse("192.0.2.1")) {}

  /// Receives more bytes, and returns what was answered to all there are.
  std::string receive(std::string_view bytes) {
    input_ += bytes;
    return advance();
  }

  /// What has been rendered since, for example by a late answer, and by what follows it.
  std::string advance() {
    std::string answers = std::exchange(late_, {});
    for (bool moved = true; moved && !is_cut_;) {
      if (protocol_.streams()) stream();
      const size_t used = handle_input();
      moved = !out_.empty() || used > 0 || protocol_.phase() == Protocol::Phase::streaming;
      turns_.push_back(out_.text.size());
      answers += take();
    }
    return answers;
  }

  /// Lets the time of the request under way run out.
  std::string time_out() {
    protocol_.fail();
    refuse(HttpFault::timeout);
    return advance();
  }

  void answer(const Reply& reply) override {
    if (protocol_.phase() != Protocol::Phase::waiting) return;
    protocol_.reply(reply, out_);
    if (!out_.tail.empty()) late_ += take();  // it is borrowed for the time of this call only
  }

  void hold() override { protocol_.hold(); }
  void resume() override {
    if (protocol_.is_held()) protocol_.resume();
  }

  Protocol& protocol() { return protocol_; }
  std::string_view unread() const { return input_; }
  /// How many bytes were rendered at a time.
  const std::vector<size_t>& turns() const { return turns_; }
  /// A fault has ended the connection in the middle of an answer.
  bool is_cut() const { return is_cut_; }

 private:
  // Returns how much of the input was used.
  size_t handle_input() {
    size_t used = 0;
    for (bool has_request = true; has_request;) {
      // A copy of its own for each step, so that sanitizers see a view that outlives it.
      const auto input = std::make_unique<std::string>(input_);
      const Protocol::Step step = protocol_.next(*input, out_);
      has_request = step.request.has_value();
      if (has_request) {
        handler_.handle(*step.request, *this);
        protocol_.end_request();
      }
      if (step.fault) refuse(*step.fault);
      input_.erase(0, step.used);
      used += step.used;
    }
    return used;
  }

  void refuse(HttpFault fault) {
    handler_.fault(fault, protocol_.peer(), protocol_.forwarded_for(), *this);
    protocol_.end_refusal();
  }

  void stream() {
    const size_t begin = out_.text.size();
    try {
      protocol_.stream(out_);
    } catch (const std::exception&) {
      out_.text.resize(begin);
      is_cut_ = true;
    }
  }

  std::string take() {
    std::string text = std::exchange(late_, {}) + out_.text;
    text += out_.tail;
    out_.clear();
    return text;
  }

  Handler& handler_;
  Protocol protocol_;
  Out out_{0};
  std::string input_;
  std::string late_;
  bool is_cut_ = false;
  std::vector<size_t> turns_;
};

}  // namespace discovery::test
