#include "runtime/worker/shipped_tables.h"

#include <fmt/core.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

namespace penstock::worker {
namespace {

constexpr std::size_t kLongestName = 200;  ///< The kernel takes 249 bytes.

bool write_all(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

base::Result<std::string> ShippedTables::add(const std::string& name, const std::string& content) {
  const int descriptor = memfd_create(name.substr(0, kLongestName).c_str(), MFD_CLOEXEC);
  if (descriptor >= 0) descriptors_.push_back(descriptor);
  if (descriptor < 0 || !write_all(descriptor, content))
    return base::fail("cannot_write",
                      fmt::format("cannot keep {}, which came with the job: {}", name, std::strerror(errno)), name,
                      base::Origin::kEnvironment);
  return fmt::format("/proc/self/fd/{}", descriptor);
}

void ShippedTables::clear() {
  for (const int descriptor : descriptors_) close(descriptor);
  descriptors_.clear();
}

}  // namespace penstock::worker
