/// Directories whose names outlast a power cut. THREAD: any; blocks.
#pragma once

#include <functional>
#include <string>

#include "runtime/base/error.h"

namespace penstock::base {

struct DirectoryCalls {
  std::function<Result<void>(const std::string& directory)> sync;
  std::function<Result<void>(const std::string& directory, int error)> cannot_make;  ///< The failure, of an errno.
};

/// Makes `path` and what is missing above it. Each level is made when the one above it lasts. So of a directory that is
/// there only its own name may not last yet, as who made it may have died before the sync: that is synced, too.
Result<void> make_directory_durably(const std::string& path, const DirectoryCalls& calls);

}  // namespace penstock::base
