#include "operators/sinks/file_target.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "operators/formats/formats.h"

namespace penstock::operators {
namespace {
constexpr std::size_t kPartDigits = 5;  ///< So that names sort as numbers do, for long enough.
}

FileTarget::FileTarget(const api::NodeSpec& spec, std::string path)
    : path_(std::move(path)),
      single_(!path_.ends_with('/') && !is_directory(path_)),
      extension_(file_extension(spec.node.format)) {
  if (!single_ && !path_.ends_with('/')) path_ += '/';
}

base::Result<void> FileTarget::prepare(FileOperations& operations) const {
  if (!single_) return make_directory(operations, path_);
  const std::string directory = directory_part(path_);
  if (!is_absent_or_regular(path_))
    return base::fail("not_a_regular_file",
                      path_ +
                          " is a device, a pipe, a socket or a link, and would be replaced by a file; name a file, or "
                          "write to standard output with stdout: {}",
                      path_);
  if (directory.empty() || is_directory(directory)) return {};
  return base::fail("directory_not_found",
                    "the directory " + directory + " of the file to write does not exist; make it first", path_);
}

std::string FileTarget::part(int task, std::int64_t number) const {
  if (single_) return path_;
  std::string digits = std::to_string(number);
  if (digits.size() < kPartDigits) digits.insert(0, kPartDigits - digits.size(), '0');
  return path_ + "part-" + std::to_string(task) + "-" + digits + "." + extension_;
}

std::int64_t FileTarget::first_free(int task) const {
  std::int64_t free = 0;
  const std::string prefix = "part-" + std::to_string(task) + "-";
  std::error_code error;
  std::filesystem::directory_iterator files(path_, error), end;
  for (; !error && files != end; files.increment(error)) {
    const std::string name = files->path().filename().string();
    std::int64_t number = 0;
    if (!name.starts_with(prefix)) continue;
    const auto read = std::from_chars(name.data() + prefix.size(), name.data() + name.size(), number);
    if (read.ec == std::errc() && *read.ptr == '.' && number < (std::int64_t{1} << 62))
      free = std::max(free, number + 1);
  }
  return free;
}

}  // namespace penstock::operators
