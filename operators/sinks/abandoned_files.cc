#include "operators/sinks/abandoned_files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

namespace penstock::operators {
namespace {

constexpr std::string_view kSuffix = ".staged";

/// Takes digits off the front.
bool take_number(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
  text.remove_prefix(end);
  return end > 0;
}
bool take(std::string_view& text, std::string_view wanted) {
  if (!text.starts_with(wanted)) return false;
  text.remove_prefix(wanted.size());
  return true;
}

bool is_staged(std::string_view file, std::string_view name) {
  if (!take(file, ".")) return false;
  if (name.empty() ? !(take(file, "part-") && take_number(file)) : !take(file, name)) return false;
  return take(file, ".") && take_number(file) && take(file, "-") && take_number(file) && file == kSuffix;
}

void remove_if_nobodys(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0) return;
  if (flock(descriptor, LOCK_EX | LOCK_NB) == 0) unlink(path.c_str());
  close(descriptor);
}

}  // namespace

std::string staged_name(std::string_view name, std::int64_t number) {
  return "." + std::string(name) + "." + std::to_string(getpid()) + "-" + std::to_string(number) + std::string(kSuffix);
}

bool hold_staged(int descriptor) {
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) return errno != EWOULDBLOCK;  // Without locks nothing is removed.
  struct stat status {};
  return fstat(descriptor, &status) != 0 || status.st_nlink > 0;
}

void remove_abandoned(const std::string& directory, std::string_view name) {
  std::error_code error;
  std::filesystem::directory_iterator files(directory.empty() ? "." : directory, error), end;
  for (; !error && files != end; files.increment(error)) {
    const std::string file = files->path().filename().string();
    if (is_staged(file, name)) remove_if_nobodys(directory + file);
  }
}

}  // namespace penstock::operators
