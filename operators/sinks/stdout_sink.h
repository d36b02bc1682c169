/// `stdout: {}`: rows are written when (at most once: their checkpoint is complete and) the input is drained or a good
/// deal has come together, never so that the executor waits for the reader of a pipe. A reader that has gone away ends
/// the job quietly (code consumer_closed); the process ignores SIGPIPE. THREAD: the task's executor.
#pragma once

#include <memory>
#include <string>

#include "operators/sinks/kept_rows.h"
#include "operators/sinks/row_text.h"

namespace penstock::operators {

class StdoutSink : public api::Sink {
 public:
  /// `descriptor`: standard output; tests give another.
  StdoutSink(RowText text, bool first_task, int descriptor, bool at_most_once = false);
  ~StdoutSink() override;

  base::Result<void> open(api::Context& context) override;
  api::Step write(const record::Rows& rows, api::Context& context) override;
  api::BlockingJob stage(std::uint64_t epoch, api::SavedParts& parts, api::Context& context) override;
  api::BlockingJob publish(std::uint64_t epoch, api::Context& context) override;
  api::Step resume(api::Context& context) override { return drain(context); }
  api::Step idle(api::Context& context) override { return drain(context); }
  api::Step finish(api::Context& context) override { return drain(context); }
  void abort() override;

 private:
  api::Step drain(api::Context& context);
  api::Step wait(api::Context& context);
  api::Step stop(api::Context& context, int error);
  bool take_turn();
  void end_turn();
  bool may_write() const;

  RowText text_;
  KeptRows kept_;
  bool first_task_;  ///< Only one task writes the header.
  int descriptor_;
  bool may_block_ = false;  ///< A pipe, a terminal or a socket.
  bool watching_ = false;
  std::string buffer_;
  std::size_t written_ = 0;  ///< Of buffer_.
};

base::Result<std::unique_ptr<api::Sink>> make_stdout_sink(const api::NodeSpec& spec);

}  // namespace penstock::operators
