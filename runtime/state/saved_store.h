/// The tables of one node of a task whose state is saved. THREAD: the task's executor.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/api/state.h"
#include "runtime/state/hash_table.h"
#include "runtime/state/saved_tables.h"

namespace penstock::state {

class SavedStore final : public api::StateStore {
 public:
  /// `tables` outlives the tables made here.
  SavedStore(SavedTables& tables, std::string node, GroupRange groups)
      : tables_(tables), node_(std::move(node)), groups_(groups) {}
  std::unique_ptr<api::StateTable> make_table(api::TableSpec spec) override;
  std::vector<std::string> restored_spaces(std::string_view table) const override;
  void forget_space(std::string_view table, std::string_view space) override;

 private:
  SavedTables& tables_;
  std::string node_;
  GroupRange groups_;
};

}  // namespace penstock::state
