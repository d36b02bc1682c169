/// count(distinct x), exact, and approx_distinct(x), a HyperLogLog sketch.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>

#include "operators/aggregates/aggregate_of.h"
#include "operators/aggregates/cells.h"
#include "operators/aggregates/distinct_sketch.h"
#include "operators/aggregates/extremes.h"
#include "runtime/record/key_hash.h"

namespace penstock::operators {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};
template <class Cells>
inline auto canonical_cell(const record::Column& column, std::uint32_t row) {
  if constexpr (std::is_same_v<Cells, FloatCells>)
    return record::canonical_bits(Cells::get(column, row));
  else if constexpr (std::is_same_v<Cells, TextCells>)
    return Cells::get(column, row);
  else
    return static_cast<std::uint64_t>(Cells::get(column, row));
}

/// Each value with how often it is there, so that rows can be taken back.
template <class Cells>
struct CountDistinct {
  static constexpr bool kRetractable = true, kOwnsMemory = true;
  static constexpr bool kText = std::is_same_v<Cells, TextCells>;
  using Values = std::conditional_t<kText, std::unordered_map<std::string, std::int64_t, TextHash, std::equal_to<>>,
                                    std::unordered_map<std::uint64_t, std::int64_t>>;
  struct State {
    Values* values;
  };
  static void count(State& group, const auto& value, std::int64_t by) {
    if (group.values == nullptr) group.values = new Values();
    auto at = group.values->find(value);
    if (at == group.values->end()) at = group.values->emplace(value, 0).first;
    at->second += by;
    if (at->second == 0) group.values->erase(at);
  }
  void add(State& group, const AggregateRun& run, std::uint32_t row) const {
    if (!run.x->is_null(row)) count(group, canonical_cell<Cells>(*run.x, row), 1);
  }
  void subtract(State& group, const AggregateRun& run, std::uint32_t row) const {
    if (!run.x->is_null(row)) count(group, canonical_cell<Cells>(*run.x, row), -1);
  }
  void merge(State& group, const State& other) const {
    if (other.values == nullptr) return;
    for (const auto& [value, times] : *other.values) count(group, value, times);
  }
  bool read(const State& group, record::ColumnBuffer& out, record::TextArena*) const {
    out.append_int(group.values == nullptr ? 0 : static_cast<std::int64_t>(group.values->size()));
    return true;
  }
  void destroy(State& group) const { delete group.values; }
  void save(const State& group, SavedWriter& out) const { save_counts(group.values, out); }
  bool load(State& group, SavedReader& in) const { return load_counts(group.values, in); }
};

template <class Cells>
struct ApproxDistinct {
  static constexpr bool kRetractable = false, kOwnsMemory = true;
  struct State {
    DistinctSketch* sketch;
  };
  void add(State& group, const AggregateRun& run, std::uint32_t row) const {
    if (run.x->is_null(row)) return;
    if (group.sketch == nullptr) group.sketch = new DistinctSketch();
    const auto cell = canonical_cell<Cells>(*run.x, row);
    if constexpr (std::is_same_v<Cells, TextCells>)
      group.sketch->add(cell);
    else
      group.sketch->add({reinterpret_cast<const char*>(&cell), sizeof cell});
  }
  void merge(State& group, const State& other) const {
    if (other.sketch == nullptr) return;
    if (group.sketch == nullptr) group.sketch = new DistinctSketch();
    group.sketch->merge(*other.sketch);
  }
  bool read(const State& group, record::ColumnBuffer& out, record::TextArena*) const {
    out.append_int(group.sketch == nullptr ? 0 : group.sketch->estimate());
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
    group.sketch = new DistinctSketch();
    return known == 1 && group.sketch->load(in);
  }
};

}  // namespace penstock::operators
