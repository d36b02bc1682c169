/// Files on which security rests: read only if nobody else could have written them, or, for secrets, read them.
#pragma once

#include <string>

#include "runtime/base/error.h"

namespace penstock::channel {

enum class Keep : unsigned char {
  kUnchanged,  ///< Nobody but its owner (we or root) may write it.
  kSecret,     ///< Nor may anybody else read it; root may let our group do so.
};

/// At most 1 MiB, a regular file. Codes: file_not_found, file_unreadable, file_unsafe, file_too_large. No text of an
/// error shows what is in the file.
base::Result<std::string> read_trusted_file(const std::string& path, Keep keep);

}  // namespace penstock::channel
