#include "operators/sinks/segment_publishing.h"

#include <sys/stat.h>

#include <cerrno>
#include <fstream>
#include <sstream>

#include "operators/sinks/staged_segments.h"
#include "runtime/base/failpoint.h"

namespace penstock::operators {
namespace {

bool is_same_file(const std::string& one, const std::string& other) {
  struct stat first {
  }, second{};
  return lstat(one.c_str(), &first) == 0 && lstat(other.c_str(), &second) == 0 && first.st_ino == second.st_ino &&
         first.st_dev == second.st_dev;
}

}  // namespace

base::Result<void> SegmentPublishing::run(const std::vector<Segment>& segments, std::uint64_t epoch) {
  const std::lock_guard<std::mutex> lock(one_at_a_time_);
  if (abandoned_) return {};
  if (const base::Error* error = failure_.get()) return tl::unexpected(*error);
  if (marker_ != nullptr)
    if (auto mine = marker_->check(); !mine) return mine;
  base::failpoint("sinks.publish.begun");
  for (const Segment& segment : segments) {
    if (segment.epoch <= published_) continue;
    if (auto shown = show(segment); !shown) return shown;
    base::failpoint("sinks.publish.renamed");
  }
  if (kept_)
    if (auto synced = failure_.keep(sync_directory(operations_, target_.directory())); !synced) return synced;
  base::failpoint("sinks.publish.synced");
  if (marker_ != nullptr)
    if (auto noted = failure_.keep(marker_->advance(epoch)); !noted) return noted;
  base::failpoint("sinks.publish.noted");
  published_ = epoch;
  return {};
}

void SegmentPublishing::abandon() {
  const std::lock_guard<std::mutex> lock(one_at_a_time_);
  abandoned_ = true;
}

base::Result<void> SegmentPublishing::show(const Segment& segment) {
  return !kept_ && target_.is_single() ? append(segment) : give_name(segment);
}

base::Result<void> SegmentPublishing::give_name(const Segment& segment) {
  for (std::int64_t number = segment.number;; ++number) {
    const std::string place = target_.part(segment.task, number);
    if (operations_.rename(segment.path, place, target_.is_single()) == 0) return {};
    const int error = errno;
    if (error == ENOENT) return missing(segment);
    if (error != EEXIST) return file_failure("cannot publish", place, error);
    if (is_same_file(segment.path, place)) {  // A hard link stood for the rename, and was the last thing that was done.
      operations_.unlink(segment.path);
      return {};
    }
  }
}

/// It is published already when it is in its place; a reader may have taken it from there.
base::Result<void> SegmentPublishing::missing(const Segment& segment) const {
  const std::string place = target_.part(segment.task, segment.number);
  if (!kept_) return fenced(segment.path);
  if (is_there(place)) return {};
  if (marker_ != nullptr) {
    if (auto mine = marker_->check(); !mine) return mine;
    if (marker_->covers(segment.holder, segment.holder_attempt, segment.epoch)) return {};
  }
  return base::fail("segment_lost",
                    "the rows for " + place + " are neither there nor in " + segment.path +
                        ", where they were staged; if a reader has taken them, put an empty file in that place and "
                        "start again",
                    segment.path, base::Origin::kEnvironment);
}

base::Result<void> SegmentPublishing::append(const Segment& segment) {
  std::ifstream staged(segment.path, std::ios::binary);
  std::ostringstream rows;
  rows << staged.rdbuf();
  if (!staged) return missing(segment);
  auto file = OutputFile::create(operations_, target_.path(), OutputFile::If::kAppended);
  if (!file) return tl::unexpected(file.error());
  const bool torn = !(*file)->ends_line();  // By a writer that was killed.
  auto appended = (*file)->append((torn ? "\n" : "") + std::move(rows).str());
  operations_.unlink(segment.path);
  return appended;
}

}  // namespace penstock::operators
