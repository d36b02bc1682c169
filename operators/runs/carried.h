/// What a derived run takes over from the run it was made of beside its fields: event time, watermark, change and the
/// way back to the source. THREAD: the operator's.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "operators/runs/gather.h"
#include "runtime/record/rows.h"

namespace penstock::operators {

class Carried {
 public:
  /// A dense run whose row k was derived from row k of `input`: time, watermark, change, parent. The rest is the
  /// caller's.
  record::Rows dense(const record::Rows& input) {
    if (input.selection == nullptr) return from(input, input.time, input.watermark, input.change, nullptr);
    return gathered(input, {input.selection, input.count}, nullptr);
  }
  /// A dense run whose row k was derived from row parents[k] of `input`. `parents` must stay.
  record::Rows derived(const record::Rows& input, std::span<const std::uint32_t> parents) {
    cells_.assign(parents.begin(), parents.end());
    if (input.selection != nullptr) gather(input.selection, parents, cells_.data());
    return gathered(input, cells_, parents.data());
  }
  /// After derived(): the input's cell of each row.
  std::span<const std::uint32_t> cells() const { return cells_; }

 private:
  record::Rows gathered(const record::Rows& input, std::span<const std::uint32_t> cells, const std::uint32_t* parents) {
    return from(input, taken(input.time, cells, time_), taken(input.watermark, cells, watermark_),
                taken(input.change, cells, change_), parents, static_cast<std::uint32_t>(cells.size()));
  }
  template <class Value>
  static const Value* taken(const Value* values, std::span<const std::uint32_t> cells, std::vector<Value>& into) {
    if (values == nullptr) return nullptr;
    into.resize(cells.size());
    gather(values, cells, into.data());
    return into.data();
  }
  static record::Rows from(const record::Rows& input, const base::Micros* time, const base::Micros* watermark,
                           const record::Change* change, const std::uint32_t* parents, std::uint32_t count) {
    record::Rows rows;
    rows.count = count;
    rows.time = time;
    rows.watermark = watermark;
    rows.may_be_late = input.may_be_late;
    rows.change = change;
    rows.parent = &input;
    rows.parent_row = parents;
    return rows;
  }
  static record::Rows from(const record::Rows& input, const base::Micros* time, const base::Micros* watermark,
                           const record::Change* change, const std::uint32_t* parents) {
    return from(input, time, watermark, change, parents, input.count);
  }

  std::vector<base::Micros> time_, watermark_;
  std::vector<record::Change> change_;
  std::vector<std::uint32_t> cells_;
};

}  // namespace penstock::operators
