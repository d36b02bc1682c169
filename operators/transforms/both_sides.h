/// Old and new values of a group around each row of a run: which of them are emitted, and as what change. Cell 2i is
/// the old side of the i-th row taken, cell 2i + 1 its new side. How many rows a group has stands in the first 8 of its
/// value bytes. THREAD: the operator's.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "operators/aggregates/aggregate.h"
#include "runtime/expression/program.h"

namespace penstock::operators {

class BothSides {
 public:
  static constexpr std::size_t kCountBytes = sizeof(std::int64_t);

  /// Counts the rows into their groups and chooses the sides: the old one when somebody wants it (`give_back`) or when
  /// the group is empty afterwards, the new one unless it is.
  void take(const record::Rows& rows, std::span<const std::uint32_t> taken, const Groups& groups, bool give_back);
  /// Leaves out cells whose output expressions failed; what goes with them changes its meaning.
  void leave_out(std::span<const expression::RowFault> faults);
  bool is_chosen(std::uint32_t cell) const { return chosen_[cell] != 0; }
  std::uint32_t cells() const { return static_cast<std::uint32_t>(chosen_.size()); }

  std::span<const std::uint32_t> selection();  ///< Cells that are emitted.
  const record::Change* change() const { return change_.data(); }
  /// Removes groups without rows from their table.
  static void forget_empty(api::StateTable& table, const record::Rows& rows, const Groups& groups);

 private:
  void choose(std::uint32_t cell, record::Change change);
  std::vector<std::uint8_t> chosen_;
  std::vector<record::Change> change_;
  std::vector<std::uint32_t> selection_;
};

}  // namespace penstock::operators
