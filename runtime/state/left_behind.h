/// Records of a table that was cleared while a snapshot under way still wanted them: with their memory, until they have
/// been copied out, in steps like all others. Owner and THREAD: SavedTables.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "runtime/api/state.h"
#include "runtime/state/delta.h"
#include "runtime/state/record_arena.h"
#include "runtime/state/record_form.h"

namespace penstock::state {

class LeftBehind {
 public:
  /// `records` from `first` on, nullptr among them passed over, lie in `memory`; their values are destroyed here.
  /// `delta` outlives it.
  LeftBehind(std::vector<RecordHead*> records, std::size_t first, RecordArena memory, const RecordForm& form,
             SpaceDelta& delta);
  ~LeftBehind();
  LeftBehind(const LeftBehind&) = delete;
  LeftBehind& operator=(const LeftBehind&) = delete;

  bool copy(std::size_t& entries);  ///< Takes what it copies off `entries`; false: there is more.
  std::size_t memory_used() const { return memory_.bytes_used(); }

 private:
  void destroy(RecordHead* record);

  std::vector<RecordHead*> records_;
  std::size_t copied_;
  RecordArena memory_;
  api::ValueHooks hooks_;  ///< The table may be gone before.
  RecordForm form_;
  SpaceDelta& delta_;
  std::string scratch_;
};

}  // namespace penstock::state
