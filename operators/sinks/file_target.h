/// Where a file sink's rows go: one file or the parts of a directory, and under which names. THREAD: the sink's; what
/// is const may be called from its blocking jobs.
#pragma once

#include <cstdint>
#include <string>

#include "operators/sinks/output_file.h"
#include "runtime/api/spec.h"

namespace penstock::operators {

class FileTarget {
 public:
  FileTarget(const api::NodeSpec& spec, std::string path);

  /// Makes the directory of parts; checks the place of a single file.
  base::Result<void> prepare(FileOperations& operations) const;
  bool is_single() const { return single_; }
  const std::string& path() const { return path_; }  ///< The file, or the directory with a slash at its end.
  std::string directory() const { return single_ ? directory_part(path_) : path_; }
  /// With which the names of dot-files begin: "part", or the single file's name.
  std::string stem() const { return single_ ? path_.substr(directory().size()) : "part"; }
  /// The final place of a part; of a single file, the file.
  std::string part(int task, std::int64_t number) const;
  /// Behind the highest part of this task that is there.
  std::int64_t first_free(int task) const;

 private:
  std::string path_;
  bool single_;
  std::string extension_;
};

}  // namespace penstock::operators
