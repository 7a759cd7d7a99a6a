// Signed posts to measure with, as load reads them:
//
//   sign_posts FILE PROVIDERS ROUNDS FIRST_ROUND
//
// writes ROUNDS posts of each of PROVIDERS Ethereum keys, round by round, signed at a time that
// rises by a millisecond with each; the first at now + FIRST_ROUND milliseconds.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "identity/signature.h"
#include "tests/signer.h"

namespace discovery {
namespace {

constexpr std::string_view kHost = "127.0.0.1";
constexpr std::string_view kBody =
    R"({"ip_address": "83.233.10.2", "country": "SE", "platform": "x86_64",)"
    R"( "resources": {"cpu": 4, "memory": 8, "storage": 100},)"
    R"( "pricing": {"usd_per_core_month": 6.0, "usd_per_gb_ram_month": 2.5,)"
    R"( "usd_per_gb_storage_month": 0.12, "glm_per_core_month": 12.0,)"
    R"( "glm_per_gb_ram_month": 5.0, "glm_per_gb_storage_month": 0.24}})";

std::string signed_post(const EthereumSigner& signer, int64_t time_ms) {
  const std::string time = std::to_string(time_ms);
  const std::string text =
      signed_text({SignedRequest::Action::post, kHost, signer.id(), time, kBody});
  std::string request = "POST /api/v1/advertisements HTTP/1.1\r\nHost: ";
  request.append(kHost).append("\r\nX-Provider-ID: ").append(signer.id());
  request.append("\r\nX-Provider-Signature: ").append(signer.header(time_ms, text));
  request.append("\r\nContent-Type: application/json\r\nContent-Length: ");
  return request.append(std::to_string(kBody.size())).append("\r\n\r\n").append(kBody);
}

void write(const char* path, size_t providers, int64_t rounds, int64_t first_round) {
  std::vector<EthereumSigner> signers;
  for (size_t i = 0; i < providers; ++i) signers.emplace_back(numbered_secret(i));
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  std::ofstream file(path, std::ios::binary);
  for (int64_t round = 0; round < rounds; ++round) {
    const int64_t time_ms = now.time_since_epoch().count() + first_round + round;
    for (const EthereumSigner& signer : signers) file << signed_post(signer, time_ms) << '\0';
  }
}

}  // namespace
}  // namespace discovery

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs("usage: sign_posts FILE PROVIDERS ROUNDS FIRST_ROUND\n", stderr);
    return 2;
  }
  discovery::write(argv[1], std::strtoull(argv[2], nullptr, 10), std::strtoll(argv[3], nullptr, 10),
                   std::strtoll(argv[4], nullptr, 10));
}
