#include "operators/sources/file_identity.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>

namespace penstock::operators {
namespace {

std::optional<FileFacts> look(int directory, const char* path, int flags) {
  struct statx status {};
  if (statx(directory, path, flags, STATX_BASIC_STATS | STATX_BTIME, &status) != 0 || !S_ISREG(status.stx_mode))
    return std::nullopt;
  FileFacts facts;
  facts.identity.inode = status.stx_ino;
  if ((status.stx_mask & STATX_BTIME) != 0)
    facts.identity.born_ns = status.stx_btime.tv_sec * 1'000'000'000 + status.stx_btime.tv_nsec;
  facts.bytes = static_cast<std::int64_t>(status.stx_size);
  facts.linked = status.stx_nlink > 0;
  return facts;
}

}  // namespace

std::optional<FileFacts> look_at(const std::string& path) { return look(AT_FDCWD, path.c_str(), 0); }

std::optional<FileFacts> look_at(int descriptor) { return look(descriptor, "", AT_EMPTY_PATH); }

std::optional<std::string> find_beside(const std::string& path, const FileIdentity& identity) {
  const std::size_t slash = path.rfind('/');
  const std::string prefix = slash == path.npos ? "" : path.substr(0, slash + 1);
  std::error_code error;
  std::filesystem::directory_iterator files(prefix.empty() ? "." : prefix, error), end;
  for (; !error && files != end; files.increment(error)) {
    const std::string name = prefix + files->path().filename().string();
    const auto facts = look_at(name);
    if (facts && facts->identity.is(identity)) return name;
  }
  return std::nullopt;
}

}  // namespace penstock::operators
