// Providers that sign, before an Api on a real board.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include "identity/signature.h"
#include "tests/support/api_fixture.h"
#include "tests/support/signer.h"

namespace discovery {

inline constexpr std::string_view kHost = "board.example:9001";

/// A request as a client makes it; owns what the Request borrows.
struct Sent {
  Method method = Method::post;
  std::string path = std::string(kBoardUrl);
  std::string body = std::string(kOffer);
  std::string host = std::string(kHost);
  std::string id;
  std::string signature;
};

class CredentialsTest : public testing::Test {
 protected:
  void open_board(const RigOptions& options = {}) { rig_ = std::make_unique<Rig>(options); }

  int64_t server_time() const {
    return std::chrono::floor<std::chrono::milliseconds>(rig_->clock.now().wall.time_since_epoch())
        .count();
  }
  static std::string text(const Sent& sent, int64_t time_ms) {
    return signed_text({sent.method == Method::post ? SignedRequest::Action::post
                                                    : SignedRequest::Action::withdraw,
                        sent.host, sent.id, std::to_string(time_ms), sent.body});
  }
  template <class Signer>
  static Sent post_of(const Signer& signer, int64_t time_ms) {
    Sent sent;
    sent.id = signer.id();
    sent.signature = header_of(signer, time_ms, text(sent, time_ms));
    return sent;
  }
  template <class Signer>
  static Sent withdrawal_of(const Signer& signer, int64_t time_ms) {
    Sent sent;
    sent.method = Method::remove;
    sent.id = signer.id();
    sent.path += "/" + sent.id;
    sent.body.clear();
    sent.signature = header_of(signer, time_ms, text(sent, time_ms));
    return sent;
  }

  Answered ask(const Sent& sent) {
    Request request =
        rig_->signed_request(sent.method, sent.path, sent.body, sent.id, sent.signature);
    request.host = {sent.host, sent.host.empty() ? 0U : 1U};
    return rig_->settled(request);
  }
  Answered post_now() { return ask(post_of(wallet_, server_time())); }

  /// Refused like this, and nothing on the board changes.
  Answered expect_refused(const Sent& sent, int status, std::string_view code) {
    const std::string before = rig_->list().body;
    const Answered answer = ask(sent);
    EXPECT_EQ(answer.status, status) << answer.body;
    EXPECT_EQ(answer.code(), code) << answer.body;
    EXPECT_EQ(rig_->list().body, before);
    return answer;
  }

  const EthereumSigner wallet_ = numbered_signer<EthereumSigner>(1);
  const EthereumSigner stranger_ = numbered_signer<EthereumSigner>(2);
  const Ed25519Signer key_ = numbered_signer<Ed25519Signer>(3);
  std::unique_ptr<Rig> rig_ = std::make_unique<Rig>();
};

}  // namespace discovery
