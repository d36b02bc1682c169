/// One task: an instance of a chain of nodes that call each other directly, fed by a source or by channels.
/// Cooperative: step() does a small piece of work and returns. A node that could not finish because the output is full
/// is pending; the deepest pending node goes on first (sinks each by itself), and nothing new is taken in before all
/// have finished. At a barrier it puts down all it remembers between two runs, passes the barrier on and copies its
/// keyed state while rows flow again. After the end of its input it goes on taking barriers, until it may end. THREAD:
/// its executor.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "runtime/base/work_mark.h"
#include "runtime/task/input_gate.h"
#include "runtime/task/node.h"
#include "runtime/task/run_limit.h"
#include "runtime/task/snapshot_work.h"
#include "runtime/task/source_head.h"

namespace penstock::task {

class Chain {
 public:
  Chain(int id, Services& services) : id_(id), services_(&services), snapshots_(id, services) {}

  // --- wiring ---
  /// The keyed state of all nodes; before the first node is added.
  void set_state(std::unique_ptr<state::TaskState> state);
  Node& add_node(const topology::PlanNode& plan);  ///< Head first, parents before children.
  void set_source(std::unique_ptr<SourceHead> source) { source_ = std::move(source); }
  void set_gate(std::unique_ptr<InputGate> gate) { gate_ = std::move(gate); }
  /// What the nodes will be restored from, and which run they belong to.
  void restore(std::unique_ptr<RestoredTask> restored) { restored_ = std::move(restored); }
  void set_run(api::RunIdentity run) { run_ = std::move(run); }
  /// What it works on is told there. `one_at_a_time`: a row a run, so that it is one record, and none before other
  /// tasks are through with the one before, so that it is known where it came from; until it has got further.
  void set_mark(base::WorkMark& mark, bool one_at_a_time) {
    mark_ = &mark;
    one_at_a_time_ = one_at_a_time;
  }
  void set_journals(std::string directory) { journals_ = std::move(directory); }
  base::Result<void> open();

  // --- the loop ---
  /// kProgress: call again. kIdle: nothing until something arrives. kBlocked: no credit, or a sink waits. kDone: ended.
  api::Step step();
  void end_of_turn();               ///< Ships what has been gathered and lets sinks write: nothing waits for company.
  void on_wake();                   ///< A descriptor, timer or waker told this task to look again.
  base::Micros next_timer() const;  ///< Earliest wall time at which step() has something to do by itself.
  void on_clock_set_back();         ///< Timers are by wall time: none may wait for the difference.
  void request_stop();              ///< The source ends as if exhausted.
  void begin_checkpoint(std::uint64_t epoch) { snapshots_.order(epoch); }  ///< A source sends the barrier.
  void publish(std::uint64_t epoch) { snapshots_.order_publish(epoch); }   ///< The checkpoint is complete.
  void finish() { may_end_ = true; }                                       ///< The last one is published.
  void abort();  ///< The job failed: sinks leave nothing half-written.
  void take_sinks(std::vector<std::unique_ptr<api::Sink>>& kept);  ///< Instead: those for which abort() can wait.
  void leave_nothing_for_later();                                  ///< The job has ended well: no attempt will follow.
  bool ended() const { return ended_; }
  /// Whether input that is there for `node` can be taken now; else its descriptors would wake the task for nothing.
  /// `held`: the latest step said kBlocked.
  bool listens(std::size_t node, bool held) const {
    if (pending_[node] != 0) return true;
    return !held && !(source_ && source_->is_paced());
  }

  // --- for its parts ---
  int id() const { return id_; }
  Services& services() { return *services_; }
  void set_pending(std::size_t node) {
    pending_[node] = 1;
    any_pending_ = true;
  }
  bool may_emit(std::size_t node);
  /// A row has failed and ends the job: first the call at hand goes on with the rows in front of it, then all is over.
  void set_failing() { failing_ = std::max(failing_, Failing::kAtWork); }
  void set_over() { failing_ = Failing::kOver; }
  bool is_failing() const { return failing_ != Failing::kNot; }
  bool is_over() const { return failing_ == Failing::kOver; }
  /// Its keyed state could not be read or kept: what comes of it may be wrong. Ends the attempt.
  bool has_fault() const { return state_ != nullptr && state_->fault() != nullptr; }
  bool any_pending() const { return any_pending_; }
  base::WorkMark& mark() { return *mark_; }
  bool one_at_a_time() const { return one_at_a_time_; }
  std::uint32_t most_rows() const { return one_at_a_time_ ? 1 : run_limit_.rows(); }  ///< In a run its source reads.
  void run_was_read(std::uint64_t rows) { run_limit_.adapt(rows); }
  InputGate* gate() { return gate_.get(); }
  state::TaskState* state() { return state_.get(); }
  const RestoredTask* restored() const { return restored_.get(); }
  const api::RunIdentity& run() const { return run_; }
  const std::string& journals() const { return journals_; }  ///< Where sources may keep what arrives; "": nowhere.
  const std::vector<std::unique_ptr<Node>>& nodes() const { return nodes_; }
  template <class Do>
  void for_each_edge(Do&& action) const {
    for (const auto& node : nodes_)
      for (auto& [port, target] : node->targets())
        if (target.edge) action(*node, *target.edge);
  }

 private:
  enum class Failing : std::uint8_t { kNot, kAtWork, kOver };
  enum class Walk : std::uint8_t { kNone, kWatermark, kTimer, kFlush, kBarrier };
  api::Step go_on();
  bool outputs_ready() const;
  api::Step held_back();
  api::Step resume_pending();
  bool resume(std::size_t index);
  void start_walk(Walk walk) {
    walk_ = walk;
    walk_at_ = 0;
    mark_->set(base::WorkMark::kTime, base::WorkMark::kUnknown, base::WorkMark::kUnknown, 0);
  }
  void continue_walk();  ///< One node of a control item's way down the chain.
  api::Step visit(Node& node, std::size_t index);
  void pass_watermark(Node& node);
  void start_due_walk();
  std::optional<std::uint64_t> due_barrier();
  void take_snapshot();
  void publish_due();
  void leave_one_at_a_time();
  void end_of_walk();
  void ship();
  void look_after_state();
  api::Step wait_for_memory();
  void mark_due();
  api::Step take_input();
  api::Step after_flush();
  api::Step end();

  int id_;
  Services* services_;
  std::unique_ptr<state::TaskState> state_;  // Outlives the nodes, whose tables are its.
  bool state_full_ = false;                  // No rows are taken until some of it has been written.
  std::vector<std::unique_ptr<Node>> nodes_;
  std::unique_ptr<SourceHead> source_;
  std::unique_ptr<InputGate> gate_;
  std::vector<std::uint8_t> pending_;
  bool any_pending_ = false;
  Walk walk_ = Walk::kNone;
  std::size_t walk_at_ = 0;
  base::Micros watermark_ = base::kNoTime;  // The head's latest.
  bool has_sink_ = false;
  Failing failing_ = Failing::kNot;
  bool sent_idle_ = false;
  bool flushed_ = false, drained_ = false, may_end_ = false, ended_ = false;
  bool refused_ = false;  // contrary build: said no although there was room.
  std::uint32_t dice_ = 12345;
  SnapshotWork snapshots_;
  std::optional<std::uint64_t> barrier_;  // That is being walked.
  std::unique_ptr<RestoredTask> restored_;
  api::RunIdentity run_;
  std::string journals_;
  base::WorkMark own_mark_;  // Read by nobody.
  base::WorkMark* mark_ = &own_mark_;
  bool one_at_a_time_ = false;
  RunLimit run_limit_;
  int published_ = 0;  // Checkpoints.
};

}  // namespace penstock::task
