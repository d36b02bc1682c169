/// `file: {path}`. Exactly once: rows are staged in files whose names begin with a dot, which appear whole, with each
/// checkpoint (a directory of parts) or with the last (one file). At least once: rows are written in place when the
/// input is drained. At most once: they are written when their checkpoint is complete, or never. A failure leaves no
/// half of a row. THREAD: the task's executor.
#pragma once

#include <memory>
#include <string>

#include "operators/sinks/file_output.h"
#include "operators/sinks/row_text.h"

namespace penstock::operators {

class FileSink : public api::Sink {
 public:
  FileSink(const FileTarget& target, FileOperations& operations, std::unique_ptr<FileOutput> output, RowText text);

  base::Result<void> open(api::Context& context) override;
  api::Step write(const record::Rows& rows, api::Context& context) override;
  api::Step idle(api::Context& context) override;
  api::Step finish(api::Context& context) override;
  api::BlockingJob stage(std::uint64_t epoch, api::SavedParts& parts, api::Context& context) override;
  api::BlockingJob publish(std::uint64_t epoch, api::Context& context) override;
  void abort() override;
  bool leaves_files() const override { return true; }
  void end() override;

 private:
  bool begin(api::Context& context);
  bool flush(api::Context& context);
  bool lose(const base::Error& error, api::Context& context);

  FileTarget target_;
  FileOperations& operations_;
  std::unique_ptr<FileOutput> output_;
  RowText text_;
  std::string buffer_;
  base::Result<void> written_;  ///< The first failure: rows are missing, so that no later checkpoint may count.
};

base::Result<std::unique_ptr<api::Sink>> make_file_sink(const api::NodeSpec& spec,
                                                        FileOperations& operations = FileOperations::of_system());

}  // namespace penstock::operators
