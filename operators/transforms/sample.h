/// `sample`: each row with the same chance, decided by SplitMix64 of how many rows came before it in this task: the
/// same rows on every run over the same input. The two sides of an update are decided together.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "operators/runs/column_choice.h"
#include "operators/runs/saved_number.h"
#include "operators/runs/subset.h"
#include "runtime/api/operator.h"
#include "runtime/api/spec.h"

namespace penstock::operators {

class Sample final : public api::Operator {
 public:
  static base::Result<std::unique_ptr<api::Operator>> make(const api::NodeSpec& spec) {
    return std::unique_ptr<api::Operator>(
        new Sample(spec.node.params.number("fraction"), ColumnChoice(*spec.inputs[0], spec.output())));
  }
  base::Result<void> open(api::Context& context) override {
    if (context.restored() != nullptr) restore(*context.restored());
    return {};
  }
  void save(api::SavedParts& parts) override { parts["seen"] = std::to_string(seen_); }
  api::Step process(int, const record::Rows& rows, api::Context& context) override {
    chosen_.clear();
    for (std::uint32_t row = 0; row < rows.count; ++row)
      if (takes(rows, row)) chosen_.push_back(row);
    context.counters().passed.add(chosen_.size());
    context.counters().filtered.add(rows.count - chosen_.size());
    if (chosen_.empty()) return api::Step::kDone;
    output_ = choice_.apply(subset_.keep(rows, chosen_));
    context.emit(topology::kMainPort, output_);
    return api::Step::kDone;
  }

 private:
  Sample(double fraction, ColumnChoice choice) : fraction_(fraction), choice_(std::move(choice)) {}

  /// The same verdicts as without a stop; where the tasks are others, verdicts that none of them has given yet.
  void restore(const api::Restored& restored) {
    if (const auto own = own_number(restored, "seen")) {
      seen_ = static_cast<std::uint64_t>(*own);
      return;
    }
    for (const std::int64_t seen : saved_numbers(restored, "seen"))
      seen_ = std::max(seen_, static_cast<std::uint64_t>(seen));
  }
  bool takes(const record::Rows& rows, std::uint32_t row) {
    const bool new_side = rows.change != nullptr && row > 0 && rows.change[rows.cell(row)] == record::Change::kUpdate &&
                          rows.change[rows.cell(row - 1)] == record::Change::kRetract;
    if (!new_side) taking_ = static_cast<double>(mixed(seen_++) >> 11) * 0x1p-53 < fraction_;
    return taking_;
  }
  static std::uint64_t mixed(std::uint64_t n) {
    std::uint64_t x = n + 0x9E3779B97F4A7C15;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
    return x ^ (x >> 31);
  }

  double fraction_;
  ColumnChoice choice_;
  std::uint64_t seen_ = 0;
  bool taking_ = false;
  std::vector<std::uint32_t> chosen_;
  Subset subset_;
  record::Rows output_;
};

}  // namespace penstock::operators
