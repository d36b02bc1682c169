#include "runtime/base/durable_directory.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <vector>

namespace penstock::base {
namespace fs = std::filesystem;
namespace {

/// The deepest one that is there, and those that are missing below it, down to `path`.
std::vector<fs::path> levels(const fs::path& path) {
  std::vector<fs::path> out;
  std::error_code ignored;
  fs::path at = path.has_filename() ? path : path.parent_path();
  for (; at.has_relative_path() && !fs::is_directory(at, ignored); at = at.parent_path()) out.push_back(at);
  out.push_back(at);
  std::reverse(out.begin(), out.end());
  return out;
}

}  // namespace

Result<void> make_directory_durably(const std::string& path, const DirectoryCalls& calls) {
  std::error_code error;
  const auto all = levels(fs::absolute(path, error));
  for (const fs::path& level : all) {
    const std::string parent = level.parent_path().string();
    const bool is_there = level == all.front();
    if (!is_there && ::mkdir(level.c_str(), 0777) != 0) {
      const int failed = errno;  // EEXIST: another task may just have made it, or a file is in the way.
      if (failed != EEXIST) return calls.cannot_make(level.string(), failed);
      if (!fs::is_directory(level, error)) return calls.cannot_make(level.string(), ENOTDIR);
    }
    if (is_there && ::access(parent.c_str(), R_OK) != 0) continue;  // Not to be opened, and made by somebody else.
    if (auto synced = calls.sync(parent); !synced) return synced;
  }
  return {};
}

}  // namespace penstock::base
