/// The journals of a source whose input comes once (`journal: true`): one for each partition, kept as far back as the
/// oldest checkpoint that may be restored. THREAD: the task's executor.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "operators/sources/partition_journal.h"
#include "topology/plan.h"

namespace penstock::operators {

/// How far a partition of such a source has been read: `1 OFFSET ENDED` and, behind a newline, what the decoder has
/// learnt.
struct StreamPosition {
  std::int64_t offset = 0;
  bool ended = false;
  std::string learnt;

  std::string text() const;
  static std::optional<StreamPosition> parse(std::string_view text);
};

class StreamJournals {
 public:
  explicit StreamJournals(const topology::PlanNode& node);
  bool wanted() const { return wanted_; }

  /// Code no_state_directory: the job keeps nothing on disk.
  base::Result<void> open(api::SourceContext& context);
  /// Partitions that the checkpoint has not seen to their end, or not seen at all, the latest last. Their journals stay
  /// here.
  struct Left {
    std::string name;
    StreamPosition position;
    PartitionJournal* journal = nullptr;
  };
  base::Result<std::vector<Left>> left(const api::SourceContext& context);
  /// The other side closed one of them in order, so that no connection followed it: what is `left` is all that will
  /// ever come, whether or not a checkpoint has seen the end.
  static base::Result<bool> closed(const std::vector<Left>& left);
  base::Result<PartitionJournal*> begin(const std::string& partition);  ///< Of a new partition.
  bool is_used(const std::string& partition) const;                     ///< Some partition had this name before.
  /// "NAME", "NAME#2", ...: one that this source has never had, in no attempt: a checkpoint that is older than its
  /// journal may say of the name that it has ended.
  std::string fresh_name(const std::string& name);

  void ended(const std::string& partition) {
    if (wanted_) ended_.insert(partition);
  }
  void save(api::SavedParts& parts) const;  ///< Which journals are still there but not to be read again.
  void on_barrier(std::uint64_t epoch, std::map<std::string, std::int64_t> offsets);
  void on_published(std::uint64_t epoch);
  void sync(api::SourceContext& context);  ///< What was appended before the last barrier, off the executor.

 private:
  /// What a checkpoint needs: the bytes of these partitions from these offsets on.
  struct Barrier {
    std::uint64_t epoch = 0;
    std::map<std::string, std::int64_t> offsets;
    std::set<std::string> ended;
  };
  struct Failure;

  base::Result<Left> take(const std::string& name, StreamPosition position);
  void release(const Barrier& oldest);

  const topology::PlanNode& node_;
  bool wanted_;
  std::size_t keep_;
  std::string directory_;
  std::map<std::string, std::unique_ptr<PartitionJournal>> journals_;
  int names_ = 0;  ///< The highest number that was given.
  std::set<std::string> ended_;
  std::set<std::string> restored_;  ///< Names in the checkpoint: what ended under one of them stays ended.
  std::deque<Barrier> barriers_;
  std::deque<std::uint64_t> published_;
  bool sync_due_ = false;
  std::shared_ptr<Failure> failure_;
};

}  // namespace penstock::operators
