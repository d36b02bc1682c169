/// The marks of the tasks of one process (base/work_mark.h), as a file. Removed by a process that ends in order, so
/// that one which is found was left by a process that was killed, or has crashed.
/// THREAD: any; the marks are their tasks'.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "runtime/base/error.h"
#include "runtime/base/work_mark.h"

namespace penstock::checkpoint {

class WorkFile {
 public:
  /// Code checkpoint_write_failed: then nothing of it is left.
  static base::Result<std::unique_ptr<WorkFile>> make(const std::string& path, std::size_t tasks);
  ~WorkFile();
  WorkFile(const WorkFile&) = delete;
  WorkFile& operator=(const WorkFile&) = delete;

  base::WorkMark& mark(std::size_t task) { return marks_[task]; }
  /// It stays when this process ends in order: where its sources were is asked when another process has died.
  void keep() { kept_ = true; }

 private:
  WorkFile(std::string path, base::WorkMark* marks, std::size_t tasks)
      : path_(std::move(path)), marks_(marks), tasks_(tasks) {}
  std::string path_;
  base::WorkMark* marks_;
  std::size_t tasks_;
  bool kept_ = false;
};

/// What one task was working on when its process ended.
struct WorkedOn {
  std::uint32_t chain = 0, instance = 0, node = 0;  ///< `node`: its position in the chain.
  base::WorkMark::What what = base::WorkMark::kNothing;
  std::string partition;  ///< Of the chain's source; empty: the rows came from another task.
  std::int64_t first = base::WorkMark::kUnknown, last = base::WorkMark::kUnknown;
  std::uint32_t count = 0;
  std::string row;

  bool operator==(const WorkedOn&) const = default;
};

/// How far a source had read where rows go one at a time.
struct InputAt {
  std::uint32_t chain = 0, instance = 0;
  std::string partition;
  std::int64_t offset = 0;  ///< Of its latest record.
  bool on_its_way = false;  ///< Tasks may still have been at work on what came of that record.

  bool operator==(const InputAt&) const = default;
};

/// "'parse' with clicks, part-0.json from 4711 to 5222 (512 rows)": what the task was at, for people. `node`, `source`:
/// names of the node that was at work and of the chain's first.
std::string in_words(const WorkedOn& work, const std::string& node, const std::string& source);

/// Of the tasks that were at work; none where there is no such file, or it is not one. What it says of lengths and
/// kinds is checked, not believed.
std::vector<WorkedOn> read_work_file(const std::string& path);
std::vector<InputAt> read_inputs(const std::string& path);  ///< The same of its sources, at work or not.

}  // namespace penstock::checkpoint
