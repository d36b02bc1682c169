#include "operators/sinks/segment_names.h"

#include <charconv>
#include <filesystem>

#include "runtime/base/plain_name.h"

namespace penstock::operators {
namespace {

/// Takes a number off the front.
template <class Number>
bool take_number(std::string_view& text, Number& number) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
  return true;
}

bool take(std::string_view& text, std::string_view wanted) {
  if (!text.starts_with(wanted)) return false;
  text.remove_prefix(wanted.size());
  return true;
}

}  // namespace

SegmentNames::SegmentNames(std::string directory, std::string_view stem, std::string_view sink, std::string_view job)
    : directory_(std::move(directory)),
      prefix_("." + std::string(stem) + "." + base::plain_name(sink) + "." + base::plain_name(job) + ".") {}

std::string SegmentNames::of_task(int task, std::uint32_t attempt) const {
  return directory_ + prefix_ + std::to_string(task) + "." + std::to_string(attempt);
}

std::string SegmentNames::segment(int task, std::uint32_t attempt, std::int64_t number) const {
  return of_task(task, attempt) + "-" + std::to_string(number) + ".segment";
}

std::string SegmentNames::marker(int task, std::uint32_t attempt) const { return of_task(task, attempt) + ".marker"; }

std::string SegmentNames::fenced(int task, std::uint32_t attempt) const { return of_task(task, attempt) + ".fenced"; }

base::Result<std::vector<SegmentNames::Found>> SegmentNames::list() const {
  std::vector<Found> found;
  std::error_code error;
  std::filesystem::directory_iterator files(directory_.empty() ? "." : directory_, error), end;
  for (; !error && files != end; files.increment(error)) {
    const std::string name = files->path().filename().string();
    std::string_view rest = name;
    Found file{Kind::kSegment, 0, 0, directory_ + name};
    std::int64_t number = 0;
    if (!take(rest, prefix_) || !take_number(rest, file.task) || !take(rest, ".") || !take_number(rest, file.attempt))
      continue;
    if (rest == ".marker" || rest == ".fenced") {
      file.kind = rest == ".marker" ? Kind::kMarker : Kind::kFenced;
    } else if (!take(rest, "-") || !take_number(rest, number) || rest != ".segment") {
      continue;
    }
    if (file.task >= 0) found.push_back(std::move(file));
  }
  if (error)
    return base::fail("file_unreadable", "cannot look into " + directory_ + ": " + error.message(), directory_,
                      base::Origin::kEnvironment);
  return found;
}

}  // namespace penstock::operators
