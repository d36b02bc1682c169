/// Where the coordinator's journal lies: durable values by key. A small interface, so that a consensus service can
/// stand here, and a fake that loses the outcome of a write. Blocks. THREAD: the coordinator's.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/error.h"

namespace penstock::coordinator {

struct JournalWrite {
  std::string key;
  std::optional<std::string> value;  ///< nullopt: the entry goes.
};

class MetaStore {
 public:
  virtual ~MetaStore() = default;
  /// All of it or nothing; durable when it returns without an error. With one, both may be the case. Code
  /// journal_failed.
  virtual base::Result<void> commit(const std::vector<JournalWrite>& writes) = 0;
  /// All that is there. Codes: journal_damaged, journal_failed; the text names the way out.
  virtual base::Result<std::map<std::string, std::string>> load() = 0;
};

}  // namespace penstock::coordinator
