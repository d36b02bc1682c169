/// How many rows a source reads at a time, so that no more of them come to an operator of its task than that deals with
/// at once (Operator::most_rows): barriers do not overtake what it still has to do. Where much is filtered out before
/// it, runs become longer again, up to kLonger times, since short ones cost something per row.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "runtime/api/counters.h"
#include "runtime/base/limits.h"

namespace penstock::task {

class RunLimit {
 public:
  static constexpr std::uint32_t kLonger = 32;

  /// One more operator; `came` counts the rows that come to it.
  void add(const api::Counter& came, std::uint32_t at_once) {
    if (at_once >= base::kRunRows) return;
    slow_.push_back({&came, came.get(), at_once, at_once});
    rows_ = std::min(rows_, at_once);
  }
  std::uint32_t rows() const { return rows_; }

  /// So many rows were read, and have come where they go.
  void adapt(std::uint64_t read) {
    if (slow_.empty()) return;
    const bool full = read >= rows_;  // Fewer rows say nothing of what would have come of a longer run.
    rows_ = base::kRunRows;
    for (Slow& slow : slow_) rows_ = std::min(rows_, slow.adapt(full));
  }

 private:
  struct Slow {
    const api::Counter* came;
    std::uint64_t came_before;
    std::uint32_t at_once, rows;

    std::uint32_t adapt(bool full) {
      const std::uint64_t now = came->get(), more = now - came_before;
      came_before = now;
      if (more > at_once) rows = std::max(static_cast<std::uint32_t>(rows * std::uint64_t{at_once} / more), 1u);
      if (full && 2 * more <= at_once) rows = std::min(2 * rows, kLonger * at_once);
      return rows;
    }
  };
  std::vector<Slow> slow_;
  std::uint32_t rows_ = base::kRunRows;
};

}  // namespace penstock::task
