/// Aggregates that keep a value of one chosen row: first(x), last(x), min_by(x, y), max_by(x, y).
#pragma once

#include <cstdint>

#include "operators/aggregates/aggregate_of.h"
#include "operators/aggregates/cells.h"

namespace penstock::operators {

template <class Cells>
bool append_kept(const typename Cells::Value& value, record::ColumnBuffer& out, record::TextArena* arena) {
  if constexpr (Cells::Value::kOwnsMemory)
    out.append_text(arena == nullptr ? value.get() : arena->copy(value.get()));
  else
    Cells::append(out, value.get());
  return true;
}

/// By event time where the stream has it, by arrival where it has not and among equal times. Nulls are passed over.
template <class Cells, bool kLast>
struct ByTime {
  static constexpr bool kRetractable = false, kOwnsMemory = Cells::Value::kOwnsMemory;
  struct State {
    std::uint64_t known;
    base::Micros time;
    typename Cells::Value value;
  };
  static void offer(State& group, base::Micros time, typename Cells::Cell cell) {
    if (group.known != 0 && !(kLast ? time >= group.time : time < group.time)) return;
    group.known = 1;
    group.time = time;
    group.value.set(cell);
  }
  void add(State& group, const AggregateRun& run, std::uint32_t row) const {
    if (run.x->is_null(row)) return;
    offer(group, run.rows->time == nullptr ? 0 : run.rows->time[run.rows->cell(row)], Cells::get(*run.x, row));
  }
  void merge(State& group, const State& other) const {
    if (other.known != 0) offer(group, other.time, static_cast<typename Cells::Cell>(other.value.get()));
  }
  bool read(const State& group, record::ColumnBuffer& out, record::TextArena* arena) const {
    if (group.known != 0) return append_kept<Cells>(group.value, out, arena);
    out.append_null();
    return true;
  }
  void destroy(State& group) const { group.value.destroy(); }
  void save(const State& group, SavedWriter& out) const {
    out.word(group.known);
    out.cell(group.time);
    group.value.save(out);
  }
  bool load(State& group, SavedReader& in) const {
    group.known = in.word();
    group.time = in.cell<base::Micros>();
    group.value.load(in);
    return group.known <= 1;
  }
};

/// The x (which may be null) of the row with the least or greatest y; of the first to arrive among equals.
template <class XCells, class YCells, bool kGreatest>
struct ByOther {
  static constexpr bool kRetractable = false;
  static constexpr bool kOwnsMemory = XCells::Value::kOwnsMemory || YCells::Value::kOwnsMemory;
  struct State {
    std::uint32_t known;
    std::uint32_t null;  ///< The chosen row's x is null.
    typename XCells::Value x;
    typename YCells::Value y;
  };
  using YCell = typename YCells::Cell;
  static bool better(const State& group, YCell y) {
    if (group.known == 0) return true;
    const auto best = static_cast<YCell>(group.y.get());
    return kGreatest ? YCells::less(best, y) : YCells::less(y, best);
  }
  void add(State& group, const AggregateRun& run, std::uint32_t row) const {
    if (run.y->is_null(row)) return;
    const YCell y = YCells::get(*run.y, row);
    if (!better(group, y)) return;
    group.known = 1;
    group.null = run.x->is_null(row);
    group.y.set(y);
    if (group.null == 0) group.x.set(XCells::get(*run.x, row));
  }
  void merge(State& group, const State& other) const {
    if (other.known == 0 || !better(group, static_cast<YCell>(other.y.get()))) return;
    group.known = 1;
    group.null = other.null;
    group.y.set(static_cast<YCell>(other.y.get()));
    if (group.null == 0) group.x.set(static_cast<typename XCells::Cell>(other.x.get()));
  }
  bool read(const State& group, record::ColumnBuffer& out, record::TextArena* arena) const {
    if (group.known != 0 && group.null == 0) return append_kept<XCells>(group.x, out, arena);
    out.append_null();
    return true;
  }
  void destroy(State& group) const {
    group.x.destroy();
    group.y.destroy();
  }
  void save(const State& group, SavedWriter& out) const {
    out.word(group.known);
    out.word(group.null);
    group.x.save(out);
    group.y.save(out);
  }
  bool load(State& group, SavedReader& in) const {
    group.known = in.cell<std::uint32_t>();
    group.null = in.cell<std::uint32_t>();
    group.x.load(in);
    group.y.load(in);
    return group.known <= 1 && group.null <= 1;
  }
};

}  // namespace penstock::operators
