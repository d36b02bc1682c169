#include "runtime/state/memory_store.h"

#include <utility>

#include "runtime/state/hash_table.h"

namespace penstock::state {

std::unique_ptr<api::StateTable> MemoryStore::make_table(std::vector<record::Type> key_types, std::size_t value_bytes,
                                                         api::ValueHooks hooks) {
  return std::make_unique<HashTable>(std::move(key_types), value_bytes, std::move(hooks), groups_);
}

}  // namespace penstock::state
