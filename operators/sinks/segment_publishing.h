/// What the blocking thread does for StagedSegments: gives staged files their final names, once. THREAD: the blocking
/// thread's, one job at a time; `abandoned` may be set from elsewhere.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "operators/sinks/file_target.h"
#include "operators/sinks/sink_marker.h"
#include "operators/sinks/sync_failure.h"

namespace penstock::operators {

struct Segment;

class SegmentPublishing {
 public:
  SegmentPublishing(FileTarget target, FileOperations& operations, bool kept)
      : target_(std::move(target)), operations_(operations), kept_(kept) {}

  /// As StagedSegments::publish.
  base::Result<void> run(const std::vector<Segment>& segments, std::uint64_t epoch);
  void abandon();  ///< Jobs that have not begun do nothing; waits for the one that has.

  std::uint64_t published() const { return published_; }  ///< Everything staged for this epoch and before it is shown.
  std::unique_ptr<SinkMarker>& marker() { return marker_; }

 private:
  base::Result<void> show(const Segment& segment);
  base::Result<void> give_name(const Segment& segment);
  base::Result<void> append(const Segment& segment);
  base::Result<void> missing(const Segment& segment) const;

  const FileTarget target_;
  FileOperations& operations_;
  const bool kept_;
  std::mutex one_at_a_time_;
  bool abandoned_ = false;
  SyncFailure failure_;
  std::atomic<std::uint64_t> published_{0};
  std::unique_ptr<SinkMarker> marker_;  ///< nullptr: no attempt follows, or none needs to know.
};

}  // namespace penstock::operators
