/// One node instance inside a task: its operator, its counters, where its output goes, and what becomes of rows that
/// fail. This is the Context that operators, sources and sinks see. THREAD: the task's executor.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/api/operator.h"
#include "runtime/api/spec.h"
#include "runtime/base/work_mark.h"
#include "runtime/record/column_buffer.h"
#include "runtime/task/edge_writer.h"
#include "runtime/task/failure_cut.h"
#include "runtime/task/services.h"
#include "runtime/task/sink_operator.h"
#include "runtime/task/task_image.h"

namespace penstock::task {

class Chain;
class Node;
class SourceHead;

/// Where rows of one output port go: a node of the same task, or an edge that leaves it.
struct Target {
  Node* child = nullptr;
  int input = 0;
  std::unique_ptr<EdgeWriter> edge;
};

class Node final : public api::SourceContext {
 public:
  Node(const topology::PlanNode& plan, Chain& chain, std::size_t index);

  // --- wiring, before the start ---
  void set_operator(std::unique_ptr<api::Operator> made) { operator_ = std::move(made); }
  void set_sink(std::unique_ptr<SinkOperator> made) {
    sink_ = made.get();
    operator_ = std::move(made);
  }
  void set_source(SourceHead* source) { source_ = source; }
  void add_target(int port, Target target) { targets_.emplace_back(port, std::move(target)); }
  std::vector<std::pair<int, Target>>& targets() { return targets_; }

  // --- driven by the chain ---
  base::Result<void> open();    ///< With what the chain is restored from.
  void save(TaskImage& image);  ///< At a barrier.
  api::Operator* op() { return operator_.get(); }
  SinkOperator* sink() { return sink_; }  ///< nullptr: not a sink.
  const topology::PlanNode& plan() const { return *plan_; }
  /// It had flushed in the checkpoint it goes on from, and no row comes to it any more.
  bool is_spent() const { return spent_; }
  void accept(int input, const record::Rows& rows);  ///< A run arrives.
  void after_call(api::Step step);                   ///< Books what a call of the operator left behind.
  void set_watermark(base::Micros watermark) { watermark_ = watermark; }
  base::Micros timer() const { return timer_; }
  /// A timer whose time has come is due until on_timer() or resume() is called; meanwhile the operator may ask for
  /// another.
  void mark_due(base::Micros now) {
    if (timer_ > now) return;
    timer_ = base::kEndOfTime;
    due_ = true;
  }
  /// The clock was set back: what was to come at a time that is far away now may be asked for again.
  void on_clock_set_back(base::Micros now) { timer_ = timer_ == base::kEndOfTime ? timer_ : now; }
  bool due() const { return due_; }
  void clear_due() { due_ = false; }
  /// Nobody behind this node wants rows, or it said so itself.
  bool saturated() const;
  bool is_held() const;  ///< A node of this task has not finished with what it was given.
  base::WorkMark& mark();
  bool one_at_a_time() const;
  std::uint32_t most_rows() const;
  void run_was_read(std::uint64_t rows);
  bool is_over() const;  ///< A row has ended the job: this task lets nothing through any more.
  const std::map<std::string, std::uint64_t>& errors_by_code() const { return errors_by_code_; }

  // --- for whoever watches, from any thread ---
  const api::Counters& counted() const { return counters_; }
  base::Micros shown_watermark() const { return shown_watermark_.load(std::memory_order_relaxed); }
  void show() { shown_watermark_.store(watermark_, std::memory_order_relaxed); }

  // --- api::Context ---
  void emit(int port, const record::Rows& rows) override;
  bool ready() const override;
  bool wanted(int port) const override;
  void row_failed(const record::Rows& rows, std::uint32_t row, std::string_view code,
                  std::string_view message) override;
  void input_failed(std::string_view partition, std::int64_t offset, std::string_view raw, std::string_view code,
                    std::string_view message) override;
  void fail(base::Error error) override;
  void no_more_input() override { wants_more_ = false; }
  bool stopping() const override;
  base::Micros now() const override;
  base::Micros watermark() const override { return watermark_; }
  void wake_at(base::Micros wall_us) override { timer_ = wall_us < timer_ ? wall_us : timer_; }
  void watch(int descriptor, bool for_write) override;
  void unwatch(int descriptor) override;
  std::shared_ptr<api::Waker> waker() override;
  void run_blocking(std::function<void()> job) override;
  api::StateStore& state() override;
  const api::Restored* restored() const override;
  bool goes_on() const override;
  const api::RunIdentity& run() const override;
  std::string journal_directory() const override;
  api::Counters& counters() override { return counters_; }

  // --- api::SourceContext ---
  api::PartitionId add_partition(std::string_view name, bool bounded) override;
  std::optional<std::string_view> restored_position(std::string_view name) const override;
  std::vector<std::string_view> restored_partitions() const override;
  void emit_from(api::PartitionId partition, const record::Rows& rows, const std::int64_t* offset) override;
  void emit_lanes(std::span<const api::PartitionId> lanes, std::size_t first, const record::Rows& rows,
                  const std::int64_t* offset) override;
  void partitions_complete() override;

 private:
  void count_error(std::string_view code);
  bool drops_after_failure();  ///< A row before this one has ended the job: this one is dropped, not another error.
  void cut_at(const record::Rows& rows, std::uint32_t row);
  void dead_letter(const std::string& row, std::string_view code, std::string_view message, std::string_view source,
                   std::string_view partition, std::int64_t offset);
  void emit_dead_letters();
  void refuse(const record::Rows& rows, std::span<const std::uint32_t> refused);

  const topology::PlanNode* plan_;
  Chain* chain_;
  std::size_t index_;
  std::unique_ptr<api::Operator> operator_;
  SinkOperator* sink_ = nullptr;
  SourceHead* source_ = nullptr;
  std::vector<std::pair<int, Target>> targets_;
  api::Counters counters_;
  std::map<std::string, std::uint64_t> errors_by_code_;
  base::Micros watermark_ = base::kNoTime;
  std::atomic<base::Micros> shown_watermark_{base::kNoTime};
  base::Micros timer_ = base::kEndOfTime;
  bool due_ = false;
  bool wants_more_ = true;
  bool spent_ = false;
  const record::Rows* at_work_ = nullptr;  // The run that process() was given, until it is done.
  std::optional<FailureCut> cut_;
  record::Schema letter_schema_;
  std::unique_ptr<record::RowsBuffer> letters_;  // Dead letters of the call at hand; kept until the next call,
  record::Rows letter_rows_;                     // and so is the run: a child may still be at work on it.
  bool letters_sent_ = true;
};

}  // namespace penstock::task
