/// How far a file has been read, as a checkpoint keeps it: a line of text
///
///   2 INODE BORN_NS OFFSET BYTES ENDED PATH_BYTES BEHIND_BYTES BEHIND_CRC
///
/// and behind it the path under which it was found and what the decoder has learnt. BYTES is the size the file had
/// then, ENDED 1 when it had been read to its end, PATH_BYTES the length of the path, BEHIND the fingerprint of what
/// stood right before OFFSET. Version 1 had no BEHIND. THREAD: any.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "operators/sources/file_fingerprint.h"
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
  Fingerprint behind;

  std::string text() const;
  /// nullopt: it is no such text.
  static std::optional<FilePosition> parse(std::string_view text);
};

/// Where that file is to be read from now: under its path, or (renamed since) another name beside it. Codes: file_gone,
/// file_replaced (another file has its name), file_truncated.
base::Result<std::string> find_again(const FilePosition& position);
/// Whether the file that has this name now still holds what was read of it last. Code: file_rewritten.
base::Result<void> check_behind(const FilePosition& position, const std::string& name);

/// Ends the sentence on a file that is not what it was: what can be done.
inline constexpr const char* kWayOut =
    "; put it back, or begin anew: `run` with another --state directory, `submit` without --from; then all there is "
    "now is read, and rows that were published come again";

}  // namespace penstock::operators
