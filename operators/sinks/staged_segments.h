/// The segments of a file sink's task that are staged and not known to be published, and how they come to their places.
///
/// A staged file is never written to once it is closed, and it is there until it is published: the rename that gives it
/// its final name is what publishes it, so that doing it again does nothing, and of two attempts that do it one
/// succeeds. Numbers of parts are dense for each task and saved, so that a replay gives the same rows the same names.
/// THREAD: the executor's; the jobs run on the blocking thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "operators/sinks/file_target.h"
#include "operators/sinks/segment_names.h"
#include "operators/sinks/segment_publishing.h"
#include "operators/sinks/sync_failure.h"
#include "runtime/api/operator.h"

namespace penstock::operators {

struct Segment {
  std::uint64_t epoch = 0;
  int task = 0;  ///< Which staged it, and in which attempt.
  std::uint32_t attempt = 1;
  std::int64_t number = 0;
  int holder = 0;  ///< The task whose checkpoint lists it, and that one's attempt.
  std::uint32_t holder_attempt = 1;
  std::optional<FileContent> content;  ///< nullopt: its checkpoint is of a version that did not keep it.
  std::string path;                    ///< Of the dot-file.
  std::shared_ptr<OutputFile> file;    ///< Keeps its lock, where it needs one.
};

class StagedSegments {
 public:
  /// Under this name one file that has not ended keeps in a checkpoint where its rows are staged; what it puts down
  /// there, stage() leaves alone, and adds the path.
  static constexpr std::string_view kPieces = "pieces";
  /// And under this one where all goes.
  static constexpr std::string_view kPath = "path";  // Absolute.

  /// `kept`: segments are durable and outlive a failure (exactly once); else a new attempt drops them (at most once).
  StagedSegments(const api::NodeSpec& spec, const FileTarget& target, FileOperations& operations, bool kept);

  /// Fences off earlier attempts, publishes what `restored` covers, and removes what was staged behind it, but for the
  /// dot-files in `others`. Codes as of SinkMarker::fence and publish(); sink_moved: in another place pieces were
  /// staged, or segments that are not known to be published there; published_further: more has been published than the
  /// checkpoint knows of; segment_damaged: a staged file is not as it was when the checkpoint was made.
  base::Result<void> open(const api::RunIdentity& run, const api::Restored* restored,
                          const std::vector<std::string>& others);

  base::Result<std::shared_ptr<OutputFile>> begin();  ///< A new staged file.
  /// What the job that stage() returns writes before it makes the segment durable.
  struct Fill {
    std::optional<FileContent> content;
    api::BlockingJob job;
  };
  /// Closes a segment (nullptr: there is none) and puts down all that are not known to be published. The job makes it
  /// durable; empty: nothing to do.
  api::BlockingJob stage(std::uint64_t epoch, std::shared_ptr<OutputFile> file, api::SavedParts& parts,
                         std::optional<Fill> fill = std::nullopt);
  /// The job shows what was staged up to `epoch`. Codes: fenced; segment_lost: it is neither staged nor published.
  api::BlockingJob publish(std::uint64_t epoch);
  /// Removes what is staged behind the newest complete checkpoint, from which the job may be submitted again, and
  /// without one the marker too. `spared`: a staged file that such a checkpoint lists under kPieces.
  void abort(const std::string& spared = {});
  void end();  ///< No checkpoint will be restored any more: when everything is published, the marker goes.

  /// Another attempt may follow.
  bool has_successors() const { return !job_.empty(); }
  /// What was restored was written in another place (not only under another name of this one).
  bool has_moved(const api::Restored& restored) const;
  bool has_checkpoint() const { return has_checkpoint_; }  ///< Of this job, which another may be gone on from.
  const std::shared_ptr<SyncFailure>& failure() const { return failure_; }
  const std::string& sink() const { return sink_; }
  std::uint32_t attempt() const { return who_.attempt; }
  std::int64_t last_number() const { return next_number_ - 1; }  ///< Of the file that begin() gave last.

 private:
  bool is_here(const std::string& place) const;
  base::Result<void> check_place(const api::Restored& restored) const;
  base::Result<void> check_marker(const std::vector<MarkerEntry>& known, std::uint64_t from, const std::string& place,
                                  const SegmentNames& names) const;
  base::Result<void> check_content(const Segment& segment) const;
  base::Result<void> check_former_place(const std::string& place, const api::SavedParts& parts, int task,
                                        std::uint64_t from) const;
  base::Result<void> recover(const api::Restored& restored);
  base::Result<std::vector<Segment>> listed(const api::SavedParts& parts, int task, const SegmentNames& names) const;
  void take_numbers(const api::Restored& restored);
  base::Result<void> sweep(const std::vector<std::string>& others);
  void prune();
  void save(api::SavedParts& parts) const;

  const FileTarget& target_;
  const std::string place_;  ///< Its path, absolute.
  FileOperations& operations_;
  bool kept_;
  std::string sink_, job_;
  Publisher who_;
  SegmentNames names_;
  std::int64_t next_number_ = 0;
  std::map<int, std::int64_t> numbers_;  ///< Next ones of tasks that were and are not now.
  std::vector<Segment> segments_;        ///< By epoch.
  bool has_checkpoint_ = false;
  std::uint64_t newest_ = 0;  ///< Of the checkpoints that are complete.
  std::shared_ptr<SegmentPublishing> publishing_;
  std::shared_ptr<SyncFailure> failure_ = std::make_shared<SyncFailure>();
};

}  // namespace penstock::operators
