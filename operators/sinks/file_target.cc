#include "operators/sinks/file_target.h"

#include "operators/formats/formats.h"
#include "operators/sinks/abandoned_files.h"

namespace penstock::operators {
namespace {
constexpr std::size_t kPartDigits = 5;  ///< So that names sort as numbers do, for long enough.
}

FileTarget::FileTarget(const api::NodeSpec& spec, std::string path)
    : path_(std::move(path)),
      single_(!path_.ends_with('/') && !is_directory(path_)),
      task_(spec.place.index),
      extension_(file_extension(spec.node.format)) {
  if (!single_ && !path_.ends_with('/')) path_ += '/';
}

base::Result<void> FileTarget::prepare() {
  const std::string directory = single_ ? directory_part(path_) : path_;
  remove_abandoned(directory, single_ ? std::string_view(path_).substr(directory.size()) : std::string_view());
  if (!single_) return make_directory(directory);
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

std::string FileTarget::part(std::int64_t number) const {
  std::string digits = std::to_string(number);
  if (digits.size() < kPartDigits) digits.insert(0, kPartDigits - digits.size(), '0');
  return "part-" + std::to_string(task_) + "-" + digits + "." + extension_;
}

base::Result<std::unique_ptr<OutputFile>> FileTarget::stage() {
  const std::string directory = directory_part(path_);
  const std::string name = single_ ? path_.substr(directory.size()) : "part-" + std::to_string(task_);
  for (;;) {
    auto file = OutputFile::create(directory + staged_name(name, next_staged_++), OutputFile::If::kNew);
    if (!file && file.error().code == "file_exists") continue;
    if (!file || hold_staged((*file)->descriptor())) return file;
  }
}

base::Result<std::unique_ptr<OutputFile>> FileTarget::create() {
  if (single_) return OutputFile::create(path_, OutputFile::If::kAny);
  for (;;) {
    auto file = OutputFile::create(path_ + part(next_part_++), OutputFile::If::kNew);
    if (file || file.error().code != "file_exists") return file;
  }
}

base::Result<void> FileTarget::publish(OutputFile& staged) {
  if (auto synced = staged.sync(); !synced) return synced;
  if (single_) return publish_file(staged.path(), path_, OutputFile::If::kAny);
  for (;;) {
    auto published = publish_file(staged.path(), path_ + part(next_part_++), OutputFile::If::kNew);
    if (published || published.error().code != "file_exists") return published;
  }
}

}  // namespace penstock::operators
