/// A Sink seen as the last Operator of a chain, so that a chain has one kind of node to drive. THREAD: the task's.
#pragma once

#include <memory>

#include "runtime/api/operator.h"

namespace penstock::task {

class SinkOperator final : public api::Operator {
 public:
  explicit SinkOperator(std::unique_ptr<api::Sink> sink) : sink_(std::move(sink)) {}

  base::Result<void> open(api::Context& context) override { return sink_->open(context); }
  api::Step process(int, const record::Rows& rows, api::Context& context) override {
    in_idle_ = false;
    return sink_->write(rows, context);
  }
  api::Step resume(api::Context& context) override { return in_idle_ ? idle(context) : sink_->resume(context); }
  api::Step flush(api::Context& context) override {
    in_idle_ = false;
    return sink_->finish(context);
  }
  api::Step on_timer(api::Context& context) override { return idle(context); }

  api::Step idle(api::Context& context) {
    in_idle_ = true;
    return sink_->idle(context);
  }
  api::BlockingJob stage(std::uint64_t epoch, api::SavedParts& parts, api::Context& context) {
    return sink_->stage(epoch, parts, context);
  }
  api::BlockingJob publish(std::uint64_t epoch, api::Context& context) { return sink_->publish(epoch, context); }
  void abort() { sink_->abort(); }
  /// The task is over. nullptr: the sink leaves no files.
  std::unique_ptr<api::Sink> take() { return sink_->leaves_files() ? std::move(sink_) : nullptr; }
  void end() { sink_->end(); }

 private:
  std::unique_ptr<api::Sink> sink_;
  bool in_idle_ = false;  // Which call said kBlocked and has to go on.
};

/// The head of a source's chain: its rows are emitted through it, and nothing is ever processed by it.
class SourceOperator final : public api::Operator {
 public:
  api::Step process(int, const record::Rows&, api::Context&) override { return api::Step::kDone; }
};

}  // namespace penstock::task
