/// What stands in a file right before an offset. A file that was emptied and written anew is the same file to
/// FileIdentity, and may be longer than what was read of it: only its bytes tell. THREAD: any.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace penstock::operators {

/// Of the last `bytes` bytes before an offset; 0: nothing is known of them.
struct Fingerprint {
  std::size_t bytes = 0;
  std::uint32_t crc = 0;  ///< CRC-32C.

  bool operator==(const Fingerprint&) const = default;
};

Fingerprint fingerprint_of(std::string_view bytes);
/// The `bytes` bytes before `offset`, which is not less; fewer when the file does not hold them or cannot be read.
std::string bytes_before(int descriptor, std::int64_t offset, std::size_t bytes);
/// Whether what it is the fingerprint of stands before `offset`.
bool stands_before(int descriptor, std::int64_t offset, const Fingerprint& fingerprint);

}  // namespace penstock::operators
