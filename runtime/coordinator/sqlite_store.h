/// The journal in one SQLite file, `DIR/journal.db`: a table `entry` of key, value and the CRC-32C of both, and one row
/// in `total` with the number of entries and the exclusive or of their checksums, so that neither a changed nor a
/// missing entry goes unseen. `DIR/journal.commits` says how often it was written, so that a log that lost its end is
/// seen too. Every commit is synced (synchronous=FULL). Only one coordinator can have it open.
#pragma once

#include <memory>
#include <string>

#include "runtime/coordinator/meta_store.h"

namespace penstock::coordinator {

/// Makes the directory where it is missing. Codes: state_unusable (no such place, no permission, another coordinator
/// has it), journal_damaged.
base::Result<std::unique_ptr<MetaStore>> open_sqlite_store(const std::string& directory);

}  // namespace penstock::coordinator
