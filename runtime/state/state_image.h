/// Puts images of a tier into directories, one after another, and takes them from there: files that never change are
/// linked (from the tier, or from an earlier image where that is on the file system of the new one) and only copied
/// where that cannot be. An image is durable when write() has returned. Blocks. THREAD: the blocking thread; restoring:
/// the task's executor, before anything else.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "runtime/base/error.h"
#include "runtime/state/task_state.h"
#include "runtime/state/tier.h"

namespace penstock::state {

class StateImages {
 public:
  /// `directory` is there. Codes: state_write_failed, disk_full, kStateSyncFailed.
  base::Result<std::vector<SavedFile>> write(const std::string& tier, const std::vector<TierFile>& files,
                                             const std::string& directory);
  /// The tier begins with what is there: the first image need not read and write all of it again.
  void know(const FormerState& former);

 private:
  struct Known {
    std::string path;
    std::uint64_t bytes;
    std::uint32_t crc;
    bool synced;  ///< By whoever wrote it, as far as we know; where it is gone on from, it may be a copy.
  };
  base::Result<SavedFile> add(const std::string& tier, const TierFile& file, const std::string& directory);
  std::map<std::string, Known> known_;  ///< Where the latest image has each file.
};

/// Every file is there and has its size; small ones their checksum too (the others carry checksums that are looked at
/// as they are read). Codes: state_damaged, state_unreadable.
base::Result<void> check_files(const FormerState& former);
/// Makes the empty `directory` an image as `former` is. Codes: as above, state_write_failed, disk_full.
base::Result<void> link_files(const FormerState& former, const std::string& directory);

}  // namespace penstock::state
