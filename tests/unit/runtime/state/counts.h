/// A table with one number per number.
#pragma once

#include <cstdint>
#include <memory>

#include "runtime/record/rows.h"
#include "runtime/state/task_state.h"

namespace penstock::state {

inline std::unique_ptr<api::StateTable> counts_of(TaskState& state) {
  return state.store_of("node").make_table({"t", {{record::Kind::kInt64}}, 8});
}

inline std::int64_t& entry(api::StateTable& counts, std::int64_t key) {
  record::Column column{{record::Kind::kInt64}, &key, nullptr, nullptr};
  record::Rows rows;
  rows.columns = {&column, 1};
  rows.count = 1;
  const int field = 0;
  api::Entry found;
  counts.find_or_insert(rows, {&field, 1}, {&found, 1});
  return *reinterpret_cast<std::int64_t*>(found.value);
}

}  // namespace penstock::state
