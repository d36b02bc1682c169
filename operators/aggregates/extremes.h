/// min(x), max(x), and the same where rows may be taken back: then all values are kept, ordered.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "operators/aggregates/aggregate_of.h"
#include "operators/aggregates/cells.h"

namespace penstock::operators {

template <class Cells, bool kGreatest>
struct Extreme {
  using Cell = typename Cells::Cell;
  using Value = typename Cells::Value;
  static constexpr bool kRetractable = false, kOwnsMemory = Value::kOwnsMemory;
  struct State {
    std::uint64_t known;
    Value value;
  };
  static bool better(Cell a, Cell b) { return kGreatest ? Cells::less(b, a) : Cells::less(a, b); }
  static void offer(State& group, Cell cell) {
    if (group.known != 0 && !better(cell, static_cast<Cell>(group.value.get()))) return;
    group.known = 1;
    group.value.set(cell);
  }
  void add(State& group, const AggregateRun& run, std::uint32_t row) const {
    if (!run.x->is_null(row)) offer(group, Cells::get(*run.x, row));
  }
  void merge(State& group, const State& other) const {
    if (other.known != 0) offer(group, static_cast<Cell>(other.value.get()));
  }
  bool read(const State& group, record::ColumnBuffer& out, record::TextArena* arena) const {
    if (group.known == 0) {
      out.append_null();
    } else if constexpr (kOwnsMemory) {
      out.append_text(arena == nullptr ? group.value.get() : arena->copy(group.value.get()));
    } else {
      Cells::append(out, group.value.get());
    }
    return true;
  }
  void destroy(State& group) const { group.value.destroy(); }
  void save(const State& group, SavedWriter& out) const {
    out.word(group.known);
    group.value.save(out);
  }
  bool load(State& group, SavedReader& in) const {
    group.known = in.word();
    group.value.load(in);
    return group.known <= 1;
  }
};

/// A map from value to how many of it; an empty one need not be there.
template <class Values>
void save_counts(const Values* values, SavedWriter& out) {
  out.word(values == nullptr ? 0 : values->size());
  if (values == nullptr) return;
  for (const auto& [value, times] : *values) {
    out.cell(value);
    out.cell(times);
  }
}
template <class Values>
bool load_counts(Values*& values, SavedReader& in) {
  const std::size_t count = in.count(16);
  if (count > 0) values = new Values();
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    auto value = in.cell<typename Values::key_type>();
    const auto times = in.cell<std::int64_t>();
    if (times == 0 || !values->emplace(std::move(value), times).second) return false;
  }
  return in.ok();
}

/// How a cell is kept in an ordered map: text as owned string, the rest as it is.
template <class Cells>
struct OrderedKey {
  using Type = typename Cells::Cell;
};
template <>
struct OrderedKey<TextCells> {
  using Type = std::string;
};

template <class Cells, bool kGreatest>
struct RetractableExtreme {
  static constexpr bool kRetractable = true, kOwnsMemory = true;
  struct Less {
    using is_transparent = void;
    bool operator()(const auto& a, const auto& b) const { return Cells::less(a, b); }
  };
  using Values = std::map<typename OrderedKey<Cells>::Type, std::int64_t, Less>;  ///< Value to how many of it.
  struct State {
    Values* values;
  };
  static void count(State& group, const auto& cell, std::int64_t by) {
    if (group.values == nullptr) group.values = new Values();
    auto at = group.values->find(cell);
    if (at == group.values->end()) at = group.values->emplace(cell, 0).first;
    at->second += by;
    if (at->second == 0) group.values->erase(at);
  }
  void add(State& group, const AggregateRun& run, std::uint32_t row) const {
    if (!run.x->is_null(row)) count(group, Cells::get(*run.x, row), 1);
  }
  void subtract(State& group, const AggregateRun& run, std::uint32_t row) const {
    if (!run.x->is_null(row)) count(group, Cells::get(*run.x, row), -1);
  }
  void merge(State& group, const State& other) const {
    if (other.values == nullptr) return;
    for (const auto& [value, times] : *other.values) count(group, value, times);
  }
  bool read(const State& group, record::ColumnBuffer& out, record::TextArena* arena) const {
    if (group.values == nullptr || group.values->empty()) {
      out.append_null();
      return true;
    }
    const auto& value = kGreatest ? group.values->rbegin()->first : group.values->begin()->first;
    if constexpr (std::is_same_v<Cells, TextCells>)
      out.append_text(arena == nullptr ? record::Text(value) : arena->copy(value));
    else
      Cells::append(out, value);
    return true;
  }
  void destroy(State& group) const { delete group.values; }
  void save(const State& group, SavedWriter& out) const { save_counts(group.values, out); }
  bool load(State& group, SavedReader& in) const { return load_counts(group.values, in); }
};

}  // namespace penstock::operators
