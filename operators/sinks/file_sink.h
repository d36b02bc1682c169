/// `file: {path}`. Exactly once: rows are staged in a file whose name begins with a dot, which is published whole, at
/// every checkpoint (a directory of parts) or at the end (one file). Otherwise rows are written in place when the input
/// is drained. A failure leaves no half of a row and no half of a staged file. THREAD: the task's executor.
#pragma once

#include <memory>
#include <string>

#include "operators/sinks/file_target.h"
#include "operators/sinks/row_text.h"

namespace penstock::operators {

class FileSink : public api::Sink {
 public:
  FileSink(const api::NodeSpec& spec, FileTarget target, RowText text);
  ~FileSink() override;

  base::Result<void> open(api::Context& context) override;
  api::Step write(const record::Rows& rows, api::Context& context) override;
  api::Step resume(api::Context& context) override;
  api::Step idle(api::Context& context) override;
  api::Step finish(api::Context& context) override;
  void abort() override;

 private:
  struct Publishing;  ///< What the blocking thread is doing.

  bool begin_file(api::Context& context);
  bool flush(api::Context& context);
  api::Step start_publishing(api::Context& context);

  std::shared_ptr<FileTarget> target_;
  RowText text_;
  bool staged_;
  std::string buffer_;
  std::shared_ptr<OutputFile> file_;
  std::shared_ptr<Publishing> publishing_;
};

base::Result<std::unique_ptr<api::Sink>> make_file_sink(const api::NodeSpec& spec);

}  // namespace penstock::operators
