#include "operators/sources/file_fingerprint.h"

#include <unistd.h>

#include <cerrno>

#include "runtime/base/crc32c.h"

namespace penstock::operators {

Fingerprint fingerprint_of(std::string_view bytes) { return {bytes.size(), base::crc32c(bytes.data(), bytes.size())}; }

std::string bytes_before(int descriptor, std::int64_t offset, std::size_t bytes) {
  std::string found(bytes, '\0');
  std::size_t held = 0;
  while (held < bytes) {
    const auto place = static_cast<off_t>(offset - static_cast<std::int64_t>(bytes - held));
    const ssize_t got = pread(descriptor, found.data() + held, bytes - held, place);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    held += static_cast<std::size_t>(got);
  }
  found.resize(held);
  return found;
}

bool stands_before(int descriptor, std::int64_t offset, const Fingerprint& fingerprint) {
  return fingerprint_of(bytes_before(descriptor, offset, fingerprint.bytes)) == fingerprint;
}

}  // namespace penstock::operators
