/// Which files a path means: one file, the files of a directory, or those that match a glob.
#pragma once

#include <string>
#include <vector>

#include "runtime/base/error.h"

namespace penstock::operators {

/// Sorted paths of regular files; in directories those whose name begins with a dot are left out. Errors:
/// file_not_found, file_unreadable, directory_unreadable, no_files, not_a_file. `may_be_empty`: no_files is no error
/// (files will come).
base::Result<std::vector<std::string>> list_files(const std::string& path, bool may_be_empty);

/// The directories in which files of `path` may appear, as far as they exist: to be watched.
std::vector<std::string> directories_of(const std::string& path);

}  // namespace penstock::operators
