#include "identity/ethereum.h"

#include <secp256k1.h>
#include <secp256k1_recovery.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <optional>
#include <string>

#include "identity/digest.h"
#include "identity/hex.h"
#include "identity/provider_id.h"

namespace discovery {
namespace {

using Address = std::array<uint8_t, 20>;
using Scalar = std::span<const uint8_t, 32>;

// EIP-191, version 0x45: what wallets put in front, so that no text can be a transaction.
Digest personal_hash(std::string_view text) {
  std::string message =
      "\x19"
      "Ethereum Signed Message:\n";
  message += std::to_string(text.size());
  message += text;
  return keccak256(message);
}

std::optional<int> recovery_id(uint8_t v) {
  if (v == 0 || v == 1) return v;
  if (v == 27 || v == 28) return v - 27;
  return std::nullopt;
}

bool is_zero(Scalar scalar) {
  return std::all_of(scalar.begin(), scalar.end(), [](uint8_t byte) { return byte == 0; });
}

Result<secp256k1_ecdsa_recoverable_signature> parse(const secp256k1_context* context,
                                                    std::span<const uint8_t, 65> bytes) {
  const std::optional<int> id = recovery_id(bytes[64]);
  if (!id) {
    return fail(Code::unauthorized, "v, the last byte of v1, must be 0, 1, 27 or 28");
  }
  if (is_zero(bytes.first<32>()) || is_zero(bytes.subspan<32, 32>())) {
    return fail(Code::unauthorized, "r and s, the first 64 bytes of v1, must not be 0");
  }
  secp256k1_ecdsa_recoverable_signature signature;
  if (secp256k1_ecdsa_recoverable_signature_parse_compact(context, &signature, bytes.data(), *id) ==
      0) {
    return fail(Code::unauthorized,
                "r and s, the first 64 bytes of v1, must be below the order of secp256k1");
  }
  return signature;
}

// Recovery accepts both twins of a signature, and either follows from the other without the key.
bool is_high_s(const secp256k1_context* context,
               const secp256k1_ecdsa_recoverable_signature& signature) {
  secp256k1_ecdsa_signature plain;
  secp256k1_ecdsa_recoverable_signature_convert(context, &plain, &signature);
  return secp256k1_ecdsa_signature_normalize(context, nullptr, &plain) == 1;
}

Address address_of(const secp256k1_context* context, const secp256k1_pubkey& key) {
  std::array<uint8_t, 65> point;
  size_t size = point.size();
  secp256k1_ec_pubkey_serialize(context, point.data(), &size, &key, SECP256K1_EC_UNCOMPRESSED);
  // The coordinates alone are hashed, without the byte that says how they are written.
  const Digest digest = keccak256({reinterpret_cast<const char*>(point.data()) + 1, 64});
  Address address;
  std::copy(digest.end() - address.size(), digest.end(), address.begin());
  return address;
}

}  // namespace

void Secp256k1ContextDeleter::operator()(secp256k1_context_struct* context) const {
  secp256k1_context_destroy(context);
}

EthereumVerifier::EthereumVerifier() : context_(secp256k1_context_create(SECP256K1_CONTEXT_NONE)) {}

Status EthereumVerifier::verify(std::span<const uint8_t, 20> address, std::string_view text,
                                std::span<const uint8_t, 65> signature) const {
  const auto parsed = parse(context_.get(), signature);
  if (!parsed) return parsed.error();
  if (is_high_s(context_.get(), *parsed)) {
    return fail(Code::unauthorized,
                "s, bytes 33 to 64 of v1, must be in the lower half of the order (low-s)");
  }
  secp256k1_pubkey key;
  if (secp256k1_ecdsa_recover(context_.get(), &key, &*parsed, personal_hash(text).data()) == 0) {
    return fail(Code::unauthorized, "v1 is no key's signature of the expected text");
  }
  const Address signer = address_of(context_.get(), key);
  if (std::equal(signer.begin(), signer.end(), address.begin())) return {};
  return fail(Code::unauthorized,
              "the signature is not this provider's, or was made over another "
              "text: it would fit " +
                  eip55_address(to_hex(signer)));
}

Result<EthereumSigner> EthereumSigner::open(std::string_view private_key) {
  EthereumSigner signer;
  const auto bytes = from_hex<32>(private_key);
  signer.context_.reset(secp256k1_context_create(SECP256K1_CONTEXT_NONE));
  secp256k1_pubkey key;
  if (!bytes || secp256k1_ec_pubkey_create(signer.context_.get(), &key, bytes->data()) == 0) {
    return fail(Code::invalid,
                "a private key must be 64 hex digits, a number from 1 to below "
                "the order of secp256k1");
  }
  signer.private_key_ = *bytes;
  signer.id_ = eip55_address(to_hex(address_of(signer.context_.get(), key)));
  return signer;
}

std::string EthereumSigner::sign(std::string_view text) const {
  secp256k1_ecdsa_recoverable_signature signature;
  // The key was checked when it was opened, so that signing cannot fail.
  [[maybe_unused]] const int is_signed =
      secp256k1_ecdsa_sign_recoverable(context_.get(), &signature, personal_hash(text).data(),
                                       private_key_.data(), nullptr, nullptr);
  assert(is_signed == 1);
  std::array<uint8_t, 65> bytes;
  int recovery_id = 0;
  secp256k1_ecdsa_recoverable_signature_serialize_compact(context_.get(), bytes.data(),
                                                          &recovery_id, &signature);
  bytes[64] = static_cast<uint8_t>(27 + recovery_id);
  return to_hex(bytes);
}

}  // namespace discovery
