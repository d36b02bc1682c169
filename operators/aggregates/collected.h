/// Aggregates that keep the values themselves: list(x) and percentile(x, share).
#pragma once

#include <cstdint>
#include <vector>

#include "operators/aggregates/aggregate_of.h"
#include "operators/aggregates/cells.h"
#include "operators/aggregates/extremes.h"
#include "operators/aggregates/percentile_sketch.h"

namespace penstock::operators {

/// Values that are not null, in order of arrival.
template <class Cells>
struct Collected {
  static constexpr bool kRetractable = false, kOwnsMemory = true;
  using Values = std::vector<typename OrderedKey<Cells>::Type>;
  struct State {
    Values* values;
  };
  void add(State& group, const AggregateRun& run, std::uint32_t row) const {
    if (run.x->is_null(row)) return;
    if (group.values == nullptr) group.values = new Values();
    group.values->emplace_back(Cells::get(*run.x, row));
  }
  void merge(State& group, const State& other) const {
    if (other.values == nullptr) return;
    if (group.values == nullptr) group.values = new Values();
    group.values->insert(group.values->end(), other.values->begin(), other.values->end());
  }
  bool read(const State& group, record::ColumnBuffer& out, record::TextArena* arena) const {
    if (group.values != nullptr)
      for (const auto& value : *group.values) append(value, out.child(), arena);
    out.append_list(group.values == nullptr ? 0 : static_cast<std::uint32_t>(group.values->size()));
    return true;
  }
  void destroy(State& group) const { delete group.values; }
  void save(const State& group, SavedWriter& out) const {
    out.word(group.values == nullptr ? 0 : group.values->size());
    if (group.values == nullptr) return;
    for (const auto& value : *group.values) out.cell(value);
  }
  bool load(State& group, SavedReader& in) const {
    const std::size_t count = in.count(8);
    if (count > 0) group.values = new Values();
    for (std::size_t i = 0; i < count && in.ok(); ++i) group.values->push_back(in.cell<typename Values::value_type>());
    return in.ok();
  }

 private:
  static void append(const auto& value, record::ColumnBuffer& out, record::TextArena* arena) {
    if constexpr (std::is_same_v<Cells, TextCells>)
      out.append_text(arena == nullptr ? record::Text(value) : arena->copy(value));
    else
      Cells::append(out, value);
  }
};

struct Percentile {
  static constexpr bool kRetractable = false, kOwnsMemory = true;
  struct State {
    PercentileSketch* sketch;
  };
  double share = 0.5;  ///< From 0 to 1.

  void add(State& group, const AggregateRun& run, std::uint32_t row) const {
    if (run.x->is_null(row)) return;
    if (group.sketch == nullptr) group.sketch = new PercentileSketch();
    group.sketch->add(run.x->cells<double>()[row]);
  }
  void merge(State& group, const State& other) const {
    if (other.sketch == nullptr) return;
    if (group.sketch == nullptr) group.sketch = new PercentileSketch();
    group.sketch->merge(*other.sketch);
  }
  bool read(const State& group, record::ColumnBuffer& out, record::TextArena*) const {
    group.sketch == nullptr ? out.append_null() : out.append_float(group.sketch->at(share));
    return true;
  }
  void destroy(State& group) const { delete group.sketch; }
  void save(const State& group, SavedWriter& out) const {
    out.word(group.sketch != nullptr);
    if (group.sketch != nullptr) group.sketch->save(out);
  }
  bool load(State& group, SavedReader& in) const {
    const std::uint64_t known = in.word();
    if (known == 0) return true;
    group.sketch = new PercentileSketch();
    return known == 1 && group.sketch->load(in);
  }
};

}  // namespace penstock::operators
