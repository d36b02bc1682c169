/// Keyed state in memory only: makes the tables of one task. THREAD: the task's executor.
#pragma once

#include "runtime/api/state.h"
#include "runtime/state/slot_index.h"

namespace penstock::state {

class MemoryStore final : public api::StateStore {
 public:
  /// `groups`: the key groups that the task owns (record::first_group); by default all.
  explicit MemoryStore(GroupRange groups = {}) : groups_(groups) {}
  std::unique_ptr<api::StateTable> make_table(api::TableSpec spec) override;

 private:
  GroupRange groups_;
};

}  // namespace penstock::state
