/// Jobs that are over, on disk as JSON lines (`DIR/jobs.jsonl`), so that `list` and `logs` know them after a restart of
/// the coordinator. Not the journal of running jobs. THREAD: the coordinator's.
#pragma once

#include <string>

#include "runtime/base/error.h"
#include "runtime/coordinator/state.h"

namespace penstock::coordinator {

class KeptJobs {
 public:
  explicit KeptJobs(std::string directory) : directory_(std::move(directory)) {}

  /// Makes the directory where it is missing; reads what is there into `state`. Lines that cannot be read are an error
  /// that says which. An unfinished last line (a crash while writing) is left out.
  base::Result<void> load(State& state);
  base::Result<void> add(const PastJob& job) const;

 private:
  base::Result<void> take(const std::string& line, std::size_t number, State& state) const;
  base::Result<void> write_anew(const State& state) const;
  std::string path() const { return directory_ + "/jobs.jsonl"; }
  std::string directory_;
};

}  // namespace penstock::coordinator
