#include "operators/transforms/both_sides.h"

#include "operators/aggregates/aggregate_of.h"

namespace penstock::operators {

using record::Change;

namespace {
std::int64_t& rows_in(std::byte* value) { return *reinterpret_cast<std::int64_t*>(value); }
}  // namespace

void BothSides::choose(std::uint32_t cell, Change change) {
  chosen_[cell] = 1;
  change_[cell] = change;
}

void BothSides::take(const record::Rows& rows, std::span<const std::uint32_t> taken, const Groups& groups,
                     bool give_back) {
  chosen_.assign(taken.size() * 2, 0);
  change_.assign(taken.size() * 2, Change::kInsert);
  for (std::uint32_t i = 0; i < taken.size(); ++i) {
    const Change change = rows.change == nullptr ? Change::kInsert : rows.change[rows.cell(taken[i])];
    std::int64_t& count = rows_in(groups.single != nullptr ? groups.single : groups.entries[taken[i]].value);
    const bool was = count > 0;
    count += takes_back(change) ? -1 : 1;
    const bool is = count > 0;
    if (was && (give_back || !is)) choose(2 * i, is ? Change::kRetract : Change::kDelete);
    if (is) choose(2 * i + 1, was ? Change::kUpdate : Change::kInsert);
  }
}

void BothSides::leave_out(std::span<const expression::RowFault> faults) {
  for (const expression::RowFault& fault : faults) {
    const bool is_new = fault.row % 2 == 1;
    const std::uint32_t other = is_new ? fault.row - 1 : fault.row + 1;
    if (chosen_[fault.row] == 0) continue;
    chosen_[fault.row] = 0;
    if (chosen_[other] != 0) change_[other] = is_new ? Change::kDelete : Change::kInsert;
  }
}

std::span<const std::uint32_t> BothSides::selection() {
  selection_.clear();
  for (std::uint32_t cell = 0; cell < chosen_.size(); ++cell)
    if (chosen_[cell] != 0) selection_.push_back(cell);
  return selection_;
}

void BothSides::forget_empty(api::StateTable& table, const record::Rows& rows, const Groups& groups) {
  if (groups.single != nullptr) return;
  for (std::uint32_t row = 0; row < rows.count; ++row) {
    if (rows_in(groups.entries[row].value) != 0) continue;
    rows_in(groups.entries[row].value) = -1;  // The group may occur again in this run; its bytes stay till the next.
    table.erase(groups.entries[row]);
  }
}

}  // namespace penstock::operators
