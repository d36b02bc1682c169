/// How the text of a file sink comes into files: one class for each promise. THREAD: the executor's; the jobs run on
/// the blocking thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "operators/sinks/file_target.h"
#include "runtime/api/operator.h"

namespace penstock::operators {

class FileOutput {
 public:
  virtual ~FileOutput() = default;
  virtual base::Result<void> open(const api::Context& context) = 0;
  /// Sees to it that there is a file to append to. True: it is a new one, and begins with the format's header.
  virtual base::Result<bool> begin() = 0;
  virtual base::Result<void> append(std::string_view text) = 0;  ///< After begin().
  virtual bool at_once() const { return false; }                 ///< Rows are to be seen when the input is drained.
  virtual void finish() {}                                       ///< Nothing is appended any more.
  virtual api::BlockingJob stage(std::uint64_t epoch, api::SavedParts& parts) = 0;
  virtual api::BlockingJob publish(std::uint64_t epoch) = 0;
  /// Why nothing can be staged any more: a sync has failed. nullptr: all is well.
  virtual const base::Error* failure() const = 0;
  virtual void abort() = 0;  ///< As Sink.
  virtual void end() {}      ///< As Sink.
};

/// Whole parts, or (at most once) a file that grows by whole segments.
std::unique_ptr<FileOutput> make_segment_output(const api::NodeSpec& spec, const FileTarget& target,
                                                FileOperations& operations, bool exactly_once);
/// Exactly once, one file: it appears with the last checkpoint. sink_exists: the job goes on, but not with this sink's
/// state, and the file is there.
std::unique_ptr<FileOutput> make_single_output(const api::NodeSpec& spec, const FileTarget& target,
                                               FileOperations& operations);
/// At least once: files grow in place.
std::unique_ptr<FileOutput> make_growing_output(const api::NodeSpec& spec, const FileTarget& target,
                                                FileOperations& operations);

}  // namespace penstock::operators
