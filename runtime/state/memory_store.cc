#include "runtime/state/memory_store.h"

#include <utility>

#include "runtime/state/hash_table.h"

namespace penstock::state {

std::unique_ptr<api::StateTable> MemoryStore::make_table(api::TableSpec spec) {
  return std::make_unique<HashTable>(std::move(spec), groups_);
}

}  // namespace penstock::state
