/// Where a file sink's rows go: one file or the parts of a directory, and under which names. THREAD: the sink's; the
/// functions that publish run off the executor.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "operators/sinks/output_file.h"
#include "runtime/api/spec.h"

namespace penstock::operators {

class FileTarget {
 public:
  FileTarget(const api::NodeSpec& spec, std::string path);

  base::Result<void> prepare();  ///< Makes the directory of parts.
  bool is_single() const { return single_; }

  /// A file of its own under a name that begins with a dot.
  base::Result<std::unique_ptr<OutputFile>> stage();
  /// Under its final name: the file itself (emptied), or the next free part.
  base::Result<std::unique_ptr<OutputFile>> create();
  /// Syncs a staged file and gives it its final name: the file itself (replacing what an earlier run left), or the next
  /// free part. Blocks.
  base::Result<void> publish(OutputFile& staged);

 private:
  std::string part(std::int64_t number) const;

  std::string path_;  ///< The file, or the directory with a slash at its end.
  bool single_;
  int task_;
  std::string extension_;
  std::int64_t next_part_ = 0;
  std::int64_t next_staged_ = 0;
};

}  // namespace penstock::operators
