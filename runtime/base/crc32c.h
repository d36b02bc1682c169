/// CRC-32C (Castagnoli, RFC 3720), as frames and state files carry it. Uses the SSE4.2 instruction where the CPU has
/// it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace penstock::base {

/// CRC of `size` bytes, continuing from `seed` (0 starts).
std::uint32_t crc32c(const void* data, std::size_t size, std::uint32_t seed = 0);
/// The table-driven version, for CPUs without the instruction and for tests.
std::uint32_t crc32c_portable(const void* data, std::size_t size, std::uint32_t seed = 0);

}  // namespace penstock::base
