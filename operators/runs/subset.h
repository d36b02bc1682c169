/// Some rows of a run, as a run over the same cells: nothing is copied but the selection. THREAD: the operator's.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "runtime/expression/program.h"
#include "runtime/record/rows.h"

namespace penstock::operators {

class Subset {
 public:
  /// The rows (not cells) `wanted` of `rows`, ascending. Valid until the next call and as long as `wanted` is.
  record::Rows keep(const record::Rows& rows, std::span<const std::uint32_t> wanted) {
    record::Rows kept = rows;
    kept.count = static_cast<std::uint32_t>(wanted.size());
    kept.selection = wanted.data();
    if (rows.selection == nullptr) return kept;
    selection_.resize(wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) selection_[i] = rows.selection[wanted[i]];
    kept.selection = selection_.data();
    return kept;
  }
  /// All rows but those that failed (ascending, as Program::faults gives them).
  record::Rows without(const record::Rows& rows, std::span<const expression::RowFault> faults) {
    return keep(rows, rows_without(rows.count, faults));
  }
  /// The rows from 0 to count - 1 that did not fail. Valid until the next call.
  std::span<const std::uint32_t> rows_without(std::uint32_t count, std::span<const expression::RowFault> faults) {
    rest_.clear();
    std::size_t next = 0;
    for (std::uint32_t row = 0; row < count; ++row) {
      if (next < faults.size() && faults[next].row == row)
        ++next;
      else
        rest_.push_back(row);
    }
    return rest_;
  }

 private:
  std::vector<std::uint32_t> rest_;
  std::vector<std::uint32_t> selection_;
};

}  // namespace penstock::operators
