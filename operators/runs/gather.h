/// Cells of a column put side by side in another order: what a dense run needs of a run with a selection, and what
/// repeats in flat_map and lookup. Text and list cells stay borrowed. THREAD: the operator's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "runtime/record/rows.h"

namespace penstock::operators {

constexpr std::uint32_t kNoCell = ~std::uint32_t{0};

template <class Value>
void gather(const Value* from, std::span<const std::uint32_t> cells, Value* to) {
  for (std::size_t i = 0; i < cells.size(); ++i) to[i] = from[cells[i]];
}

class ColumnGather {
 public:
  /// Cell i of the result is cell cells[i] of `column`. Valid until the next call.
  record::Column take(const record::Column& column, std::span<const std::uint32_t> cells);
  /// The same; cells that are kNoCell become null.
  record::Column take_or_null(const record::Column& column, std::span<const std::uint32_t> cells);

 private:
  template <class Cell>
  Cell* room(std::size_t count) {
    if (bytes_.size() < count * sizeof(Cell)) bytes_.resize(count * sizeof(Cell));
    return reinterpret_cast<Cell*>(bytes_.data());
  }
  std::vector<std::byte> bytes_;
  std::vector<std::uint8_t> states_;
  std::vector<std::uint32_t> present_;
};

}  // namespace penstock::operators
