#include "runtime/state/saved_store.h"

#include <utility>

#include "runtime/base/check.h"
#include "runtime/state/tier_key.h"

namespace penstock::state {

std::unique_ptr<api::StateTable> SavedStore::make_table(api::TableSpec spec) {
  if (!spec.durable) return std::make_unique<HashTable>(std::move(spec), groups_);
  CHECK(tables_.has_tier());
  return std::make_unique<HashTable>(std::move(spec), groups_, &tables_, node_);
}

std::vector<std::string> SavedStore::restored_spaces(std::string_view table) const {
  return tables_.spaces_of(table_prefix(node_, table));
}

void SavedStore::forget_space(std::string_view table, std::string_view space) {
  tables_.clear_space(space_prefix(node_, table, space));
}

}  // namespace penstock::state
