// The two hash functions that signatures and addresses are made with.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace discovery {

using Digest = std::array<uint8_t, 32>;

/// Ethereum's hash: Keccak as submitted, which pads otherwise than the SHA3-256 standardised later.
Digest keccak256(std::string_view bytes);

Digest sha256(std::string_view bytes);

}  // namespace discovery
