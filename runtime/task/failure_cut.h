/// What may still leave a node once one of its rows has failed and `on_error: fail` ends the job: the rows in front of
/// that one, for as long as the call lasts in which it failed. Afterwards the whole task lets nothing through.
/// THREAD: the task's executor.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>

#include "runtime/record/rows.h"

namespace penstock::task {

class FailureCut {
 public:
  /// In a source: at the record that stood at `offset`.
  static FailureCut at_offset(std::int64_t offset) { return {std::nullopt, offset}; }
  /// In an operator at work on `input`: at `row` of `rows`, which is that run or was made from it.
  static FailureCut at_row(const record::Rows& input, const record::Rows& rows, std::uint32_t row) {
    FailureCut cut{depth_of(input), 0};
    cut.place_ = cut.place_of(rows, row).value_or(0);
    return cut;
  }
  /// At work on no run (a window fires): nothing leaves.
  static FailureCut at_once() { return {0, 0}; }

  /// A row that failed after the first one, but stood in front of it.
  void move_up_to(const FailureCut& other) { place_ = std::min(place_, other.place_); }

  /// The rows in front; nullptr: there are none. Stays as it is until the task has ended, as what is emitted must.
  const record::Rows* before(const record::Rows& rows) {
    std::uint32_t count = 0;
    for (; count < rows.count; ++count) {
      const auto place = place_of(rows, count);
      if (!place || *place >= place_) break;
    }
    if (count == 0) return nullptr;
    record::Rows& front = fronts_.emplace_back(rows);
    front.count = count;
    return &front;
  }

 private:
  FailureCut(std::optional<int> depth, std::int64_t place) : depth_(depth), place_(place) {}

  static int depth_of(const record::Rows& rows) {
    int depth = 0;
    for (const record::Rows* at = rows.parent; at != nullptr; at = at->parent) ++depth;
    return depth;
  }
  /// Where a row of a source's run stood in its partition, or the input's cell from which a row was derived.
  std::optional<std::int64_t> place_of(const record::Rows& rows, std::uint32_t row) const {
    if (!depth_) {
      const bool known = rows.origin != nullptr && rows.origin->offset != nullptr;
      return known ? std::optional(rows.origin->offset[rows.cell(row)]) : std::nullopt;
    }
    const record::Rows* at = &rows;
    int depth = depth_of(rows);
    if (depth < *depth_) return std::nullopt;
    for (; depth > *depth_; --depth) {
      const std::uint32_t cell = at->cell(row);
      row = at->parent_row != nullptr ? at->parent_row[cell] : cell;
      at = at->parent;
    }
    return at->cell(row);
  }

  std::optional<int> depth_;  ///< How far the input is from its source's run; none: the node is the source.
  std::int64_t place_;
  std::deque<record::Rows> fronts_;
};

}  // namespace penstock::task
