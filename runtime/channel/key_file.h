/// Key pairs on disk: PREFIX.key, which only its owner may read, and PREFIX.pub, which may go anywhere. Both are lines
/// of `word value`:
///
///     # a comment
///     public <40 characters of Z85>
///     secret <40 characters of Z85>
#pragma once

#include <string>

#include "runtime/channel/security.h"

namespace penstock::channel {

/// Makes PREFIX.key (0600) and PREFIX.pub. Never overwrites: codes file_exists, file_unwritable, no_keys. Returns the
/// public key.
base::Result<std::string> make_key_files(const std::string& prefix);

/// Codes: those of read_trusted_file, key_file_bad.
base::Result<KeyPair> load_key_file(const std::string& path);

/// A public key as an option gives it: itself, or a file that holds it. Codes as above.
base::Result<std::string> load_public_key(const std::string& key_or_path);

}  // namespace penstock::channel
