// What it costs to verify a signature, beside what libsecp256k1 alone takes for its part:
//
//   verify_cost ROUNDS
//
// verifies thousands of distinct signatures ROUNDS times, in turn with the reference, and prints
// one line of JSON.

#include <secp256k1.h>
#include <secp256k1_recovery.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "identity/signature.h"
#include "tests/signer.h"

namespace discovery {
namespace {

constexpr size_t kSignatures = 2'000;
constexpr size_t kSigners = 100;
const std::string kBody(600, 'x');  // as long as an advertisement

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

[[noreturn]] void stop(const char* message) {
  std::fprintf(stderr, "verify_cost: %s\n", message);
  std::exit(1);
}

struct Post {
  std::string id;
  std::string header;
};

SignedRequest request_of(std::string_view id, std::string_view time) {
  return {SignedRequest::Action::post, "board.example:9001", id, time, kBody};
}

template <class Signer>
std::vector<Post> sign_posts() {
  std::vector<Signer> signers;
  for (size_t i = 0; i < kSigners; ++i) signers.emplace_back(numbered_secret(i));
  std::vector<Post> posts;
  for (size_t i = 0; i < kSignatures; ++i) {
    const Signer& signer = signers[i % kSigners];
    const auto time = static_cast<int64_t>(1'760'000'000'000 + i);
    const std::string text = signed_text(request_of(signer.id(), std::to_string(time)));
    posts.push_back({signer.id(), signer.header(time, text)});
  }
  return posts;
}

/// The whole of it, from the header to the verdict.
void verify(const Verifier& verifier, const std::vector<Post>& posts) {
  for (const Post& post : posts) {
    const ProviderKey key = key_of(post.id).value();
    const auto signature = parse_signature(post.header, key.kind);
    if (!signature) stop("a header cannot be read");
    const std::string text = signed_text(request_of(post.id, signature->time));
    if (!verifier.verify(key, text, *signature)) stop("a signature does not verify");
  }
}

struct Recoverable {
  secp256k1_ecdsa_recoverable_signature signature;
  Digest hash;
};

std::vector<Recoverable> recoverable(const std::vector<Post>& posts) {
  std::vector<Recoverable> all;
  for (const Post& post : posts) {
    const auto signature = parse_signature(post.header, KeyKind::ethereum);
    Recoverable one{};
    // Which hash it is does not matter to the cost: some key is recovered from any.
    one.hash = sha256(post.header);
    if (secp256k1_ecdsa_recoverable_signature_parse_compact(secp256k1_context_static,
                                                            &one.signature, signature->bytes.data(),
                                                            signature->bytes[64] - 27) == 0) {
      stop("libsecp256k1 cannot read a signature");
    }
    all.push_back(one);
  }
  return all;
}

void recover(const std::vector<Recoverable>& all) {
  for (const Recoverable& one : all) {
    secp256k1_pubkey key;
    std::array<uint8_t, 65> point;
    size_t size = point.size();
    if (secp256k1_ecdsa_recover(secp256k1_context_static, &key, &one.signature, one.hash.data()) ==
        0) {
      stop("libsecp256k1 recovers no key");
    }
    secp256k1_ec_pubkey_serialize(secp256k1_context_static, point.data(), &size, &key,
                                  SECP256K1_EC_UNCOMPRESSED);
  }
}

template <class Work>
double cpu_of(const Work& work) {
  const double before = cpu_seconds();
  work();
  return cpu_seconds() - before;
}

void measure(int rounds) {
  const Verifier verifier;
  const std::vector<Post> ethereum = sign_posts<EthereumSigner>();
  const std::vector<Post> ed25519 = sign_posts<Ed25519Signer>();
  const std::vector<Recoverable> alone = recoverable(ethereum);
  double alone_seconds = 0;
  double ethereum_seconds = 0;
  double ed25519_seconds = 0;
  for (int round = 0; round < rounds; ++round) {
    alone_seconds += cpu_of([&] { recover(alone); });
    ethereum_seconds += cpu_of([&] { verify(verifier, ethereum); });
    ed25519_seconds += cpu_of([&] { verify(verifier, ed25519); });
  }
  const double us = 1e6 / static_cast<double>(kSignatures) / rounds;
  std::printf(R"({"signatures":%zu,"secp256k1_recover_us":%.3f,"ethereum_us":%.3f,)"
              R"("ed25519_us":%.3f})"
              "\n",
              kSignatures, alone_seconds * us, ethereum_seconds * us, ed25519_seconds * us);
}

}  // namespace
}  // namespace discovery

int main(int argc, char** argv) {
  const int rounds = argc == 2 ? std::atoi(argv[1]) : 0;
  if (rounds <= 0) discovery::stop("usage: verify_cost ROUNDS");
  discovery::measure(rounds);
}
