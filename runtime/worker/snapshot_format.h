/// Between a task's image and what is on disk of it (checkpoint.proto), both ways. Pure, but for load().
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "proto/checkpoint.pb.h"
#include "runtime/checkpoint/checkpoint_store.h"
#include "runtime/task/task_image.h"
#include "runtime/worker/checkpoint_desk.h"
#include "topology/plan.h"

namespace penstock::worker {

proto::TaskSnapshot snapshot_of(const task::TaskImage& image, const TaskLabel& label, std::uint32_t attempt);

/// A whole checkpoint, read and checked; what each new task gets of it. Nodes are found by name, so they may be chained
/// otherwise than they were, have another parallelism, or be new.
class RestoredJob {
 public:
  /// Nodes of `plan` that cannot read what they remembered there begin anew (whether that may be is asked before, with
  /// state_fit). Codes: as CheckpointStore::get_snapshot; input_had_ended: the topology has changed so that rows come
  /// to a node that has flushed. It would take them without a word, for it has given out what it had to give.
  static base::Result<RestoredJob> load(const checkpoint::CheckpointStore& store, const proto::Manifest& manifest,
                                        const topology::Plan& plan);
  bool goes_on(const std::string& node) const { return !unfit_.contains(node); }

  /// Where key groups and partitions are dealt out anew, what some of the former tasks had come to the end of stays at
  /// its end. Code cannot_rescale: a source's task had been told to stop earlier than others.
  base::Result<std::unique_ptr<task::RestoredTask>> task(const topology::Plan& plan, const topology::PlanChain& chain,
                                                         std::uint32_t instance) const;
  /// Of every former task that had one of the chain's nodes that go on and keyed state of any of these groups, but for
  /// those that have flushed: they have given out all that they remembered, and are not to be asked for it again.
  std::vector<state::FormerState> former_states(const topology::Plan& plan, const topology::PlanChain& chain,
                                                state::GroupRange groups) const;

 private:
  struct Former {
    proto::TaskSnapshot snapshot;
    std::string directory;  ///< Of its files.
  };
  std::vector<const Former*> tasks_of(const std::string& node) const;
  std::vector<const Former*> goes_on_from(const std::string& node, std::uint32_t instance, int parallelism) const;
  std::set<std::string, std::less<>> spent_nodes(const topology::Plan& plan, const topology::PlanChain& chain,
                                                 std::uint32_t instance) const;
  base::Result<void> may_be_fed(const topology::Plan& plan) const;
  std::optional<std::string> why_rows_come(const std::string& node) const;  ///< "is new"; nullopt: none do.
  static bool has_read_all(const Former& former, const std::string& source);
  static bool has_flushed(const Former& former, const std::string& node);
  static base::Micros watermark_of(const std::string& node, const std::vector<const Former*>& former);
  base::Result<void> may_be_dealt_out(const std::string& source, const std::vector<const Former*>& former) const;
  std::vector<Former> tasks_;
  std::set<std::string> unfit_;  ///< Nodes that begin anew.
};

}  // namespace penstock::worker
