/// How far a file has been read, as a checkpoint keeps it: a line of text
///
///   1 INODE BORN_NS OFFSET BYTES ENDED PATH_BYTES
///
/// and behind it the path under which it was found and what the decoder has learnt. BYTES is the size the file had
/// then, ENDED 1 when it had been read to its end, PATH_BYTES the length of the path. THREAD: any.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "operators/sources/file_identity.h"
#include "runtime/base/error.h"

namespace penstock::operators {

struct FilePosition {
  FileIdentity identity;  ///< inode 0: it had not been opened.
  std::int64_t offset = 0;
  std::int64_t bytes = 0;
  bool ended = false;
  std::string path;
  std::string learnt;

  std::string text() const;
  /// nullopt: it is no such text.
  static std::optional<FilePosition> parse(std::string_view text);
};

/// Where that file is to be read from now: under its path, or (renamed since) another name beside it. Codes: file_gone,
/// file_replaced (another file has its name), file_truncated.
base::Result<std::string> find_again(const FilePosition& position);

}  // namespace penstock::operators
