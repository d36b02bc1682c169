/// That a sync has failed: what was written before may be lost, although a second sync would say otherwise. So nothing
/// more is staged; the job goes back to its last checkpoint. THREAD: set by the blocking thread, read by any.
#pragma once

#include <atomic>
#include <optional>

#include "runtime/base/error.h"

namespace penstock::operators {

class SyncFailure {
 public:
  base::Result<void> keep(base::Result<void> outcome) {
    if (!outcome && !failed_) {
      error_ = outcome.error();
      failed_ = true;
    }
    return outcome;
  }
  const base::Error* get() const { return failed_ ? &*error_ : nullptr; }  ///< nullptr: all is well.

 private:
  std::optional<base::Error> error_;  ///< Written before failed_ is set.
  std::atomic<bool> failed_{false};
};

}  // namespace penstock::operators
