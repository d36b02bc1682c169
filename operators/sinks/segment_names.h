/// Names of the dot-files that a file sink of a job that can be restored keeps beside its output:
///
///   .STEM.SINK.JOB.TASK.ATTEMPT-NUMBER.segment   rows of one checkpoint, not yet published
///   .STEM.SINK.JOB.TASK.ATTEMPT.marker           what that task of that attempt has published (sink_marker.h)
///   .STEM.SINK.JOB.TASK.ATTEMPT.fenced           the same, of an attempt that has been replaced
///
/// STEM is "part" or the name of the single file. What is no letter, digit, _ or - in SINK and JOB stands as %XX, so
/// that a dot always separates. THREAD: any; list() blocks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/error.h"

namespace penstock::operators {

class SegmentNames {
 public:
  /// `directory`: "" or with a slash at its end.
  SegmentNames(std::string directory, std::string_view stem, std::string_view sink, std::string_view job);

  std::string segment(int task, std::uint32_t attempt, std::int64_t number) const;
  std::string marker(int task, std::uint32_t attempt) const;
  std::string fenced(int task, std::uint32_t attempt) const;

  enum class Kind : std::uint8_t { kSegment, kMarker, kFenced };
  struct Found {
    Kind kind;
    int task;
    std::uint32_t attempt;
    std::string path;
  };
  base::Result<std::vector<Found>> list() const;  ///< All that are there, in no order. Code file_unreadable.
  const std::string& directory() const { return directory_; }
  std::string pattern() const { return directory_ + prefix_ + "*"; }  ///< For people: all of them.

 private:
  std::string of_task(int task, std::uint32_t attempt) const;

  std::string directory_;
  std::string prefix_;  ///< ".STEM.SINK.JOB."
};

}  // namespace penstock::operators
