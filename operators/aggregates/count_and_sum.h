/// count(*), count(x), sum(x) of integers and durations (checked) and of floats.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#include "operators/aggregates/aggregate_of.h"

namespace penstock::operators {

struct CountRows {
  static constexpr bool kRetractable = true, kOwnsMemory = false;
  struct State {
    std::int64_t rows;
  };
  void add(State& group, const AggregateRun&, std::uint32_t) const { ++group.rows; }
  void add_all(State& group, const AggregateRun& run) const { group.rows += run.count; }
  void subtract(State& group, const AggregateRun&, std::uint32_t) const { --group.rows; }
  void merge(State& group, const State& other) const { group.rows += other.rows; }
  void unmerge(State& group, const State& other) const { group.rows -= other.rows; }
  std::int64_t number(const State& group) const { return group.rows; }
  bool read(const State& group, record::ColumnBuffer& out, record::TextArena*) const {
    out.append_int(group.rows);
    return true;
  }
};

struct CountValues : CountRows {
  void add(State& group, const AggregateRun& run, std::uint32_t row) const { group.rows += !run.x->is_null(row); }
  void subtract(State& group, const AggregateRun& run, std::uint32_t row) const { group.rows -= !run.x->is_null(row); }
};

/// Kept in 128 bits, so that merging and taking back are exact; a result that leaves 64 bits is an error. Whether a row
/// of a run may make it leave them is known before the run: the largest magnitude in it, times its rows, added to each
/// of its groups. So the loop itself needs no check, and the bound over all runs so far usually answers at once.
class IntSum {
 public:
  static constexpr bool kRetractable = true, kOwnsMemory = false;
  __extension__ using Wide = __int128;
  struct State {
    std::uint64_t low;
    std::int64_t high;
    std::int64_t values;
    Wide sum() const { return static_cast<Wide>(high) << 64 | low; }
    void set(Wide sum) {
      low = static_cast<std::uint64_t>(sum);
      high = static_cast<std::int64_t>(sum >> 64);
    }
  };
  void add(State& group, const AggregateRun& run, std::uint32_t row) const {
    if (run.x->is_null(row)) return;
    group.set(group.sum() + run.x->cells<std::int64_t>()[row]);
    ++group.values;
  }
  void subtract(State& group, const AggregateRun& run, std::uint32_t row) const {
    if (run.x->is_null(row)) return;
    group.set(group.sum() - run.x->cells<std::int64_t>()[row]);
    --group.values;
  }
  void add_all(State& group, const AggregateRun& run) const {
    const auto* cells = run.x->cells<std::int64_t>();
    std::int64_t sum = 0;  // Fits: the run was found to be safe.
    for (std::uint32_t row = 0; row < run.count; ++row) sum += cells[row];
    group.set(group.sum() + sum);
    group.values += run.count;
  }
  void merge(State& group, const State& other) const {
    group.set(group.sum() + other.sum());
    group.values += other.values;
  }
  void unmerge(State& group, const State& other) const {
    group.set(group.sum() - other.sum());
    group.values -= other.values;
  }
  bool read(const State& group, record::ColumnBuffer& out, record::TextArena*) const {
    group.values > 0 && fits(group) ? out.append_int(static_cast<std::int64_t>(group.low)) : out.append_null();
    return fits(group);
  }
  static bool fits(const State& group) { return group.high == static_cast<std::int64_t>(group.low) >> 63; }
  bool is_safe(const AggregateRun& run, std::size_t offset) {
    const std::uint64_t grown = reach(run);
    if (!__builtin_add_overflow(bound_, grown, &bound_) && bound_ <= kLargest) return true;
    bound_ = kLargest + 1;
    return grown <= kLargest && groups_have_room(run, offset, static_cast<std::int64_t>(kLargest - grown));
  }
  void expect_restored() { bound_ = kLargest + 1; }
  bool overflows(const State& group, const AggregateRun& run, std::uint32_t row, bool back) const {
    if (run.x->is_null(row)) return false;
    const std::int64_t value = run.x->cells<std::int64_t>()[row];
    State after = group;
    after.set(back ? group.sum() - value : group.sum() + value);
    return !fits(after);
  }

 private:
  static constexpr std::uint64_t kLargest = std::numeric_limits<std::int64_t>::max();

  /// At least the sum of the magnitudes in the run. A null's cell is unspecified, so it counts as nothing.
  static std::uint64_t reach(const AggregateRun& run) {
    const auto* cells = run.x->cells<std::int64_t>();
    std::uint64_t bits = 0;
    if (run.picked == nullptr && run.x->state == nullptr) {
      for (std::uint32_t row = 0; row < run.count; ++row)
        bits |= static_cast<std::uint64_t>(cells[row] ^ (cells[row] >> 63));
    } else {
      for (std::uint32_t i = 0; i < run.count; ++i) {
        const std::uint32_t row = run.picked == nullptr ? i : run.picked[i];
        if (!run.x->is_null(row)) bits |= static_cast<std::uint64_t>(cells[row] ^ (cells[row] >> 63));
      }
    }
    std::uint64_t product = 0;
    return __builtin_mul_overflow(bits + 1, std::uint64_t{run.count}, &product) ? kLargest + 1 : product;
  }
  static bool groups_have_room(const AggregateRun& run, std::size_t offset, std::int64_t room) {
    const auto fits = [&](const std::byte* value) {
      const Wide sum = reinterpret_cast<const State*>(value + offset)->sum();
      return sum <= room && sum >= -room;
    };
    if (run.groups.single != nullptr) return fits(run.groups.single);
    bool all = true;
    for (std::uint32_t i = 0; i < run.count; ++i)
      all &= fits(run.groups.entries[run.picked == nullptr ? i : run.picked[i]].value);
    return all;
  }

  std::uint64_t bound_ = 0;  ///< No group's sum is larger; kLargest + 1: unknown.
};

/// A sum that leaves the range of float64 is that row's error; an infinite value in the input is not.
class FloatSum {
 public:
  static constexpr bool kRetractable = true, kOwnsMemory = false;
  struct State {
    double sum;
    std::int64_t values;
  };
  void add(State& group, const AggregateRun& run, std::uint32_t row) const { apply(group, run, row, 1); }
  void subtract(State& group, const AggregateRun& run, std::uint32_t row) const { apply(group, run, row, -1); }
  void merge(State& group, const State& other) const {
    group.sum += other.sum;
    group.values += other.values;
  }
  bool read(const State& group, record::ColumnBuffer& out, record::TextArena*) const {
    group.values > 0 ? out.append_float(group.sum) : out.append_null();
    return true;
  }
  bool is_safe(const AggregateRun& run, std::size_t offset) {
    const auto* cells = run.x->cells<double>();
    double largest = 0;
    for (std::uint32_t i = 0; i < run.count; ++i) {
      const std::uint32_t row = run.picked == nullptr ? i : run.picked[i];
      const double magnitude = std::fabs(cells[row]);
      if (!run.x->is_null(row) && magnitude > largest) largest = magnitude;
    }
    bound_ += largest * run.count;
    return bound_ < kRoom || groups_have_room(run, offset, kRoom - largest * run.count);
  }
  void expect_restored() { bound_ = std::numeric_limits<double>::infinity(); }
  bool overflows(const State& group, const AggregateRun& run, std::uint32_t row, bool back) const {
    if (run.x->is_null(row) || !std::isfinite(group.sum)) return false;
    const double value = run.x->cells<double>()[row];
    return std::isfinite(value) && !std::isfinite(back ? group.sum - value : group.sum + value);
  }

 private:
  static constexpr double kRoom = std::numeric_limits<double>::max() / 2;

  /// Each sum is so far from the end of the range that this run cannot reach it.
  static bool groups_have_room(const AggregateRun& run, std::size_t offset, double room) {
    const auto fits = [&](const std::byte* value) {
      return std::fabs(reinterpret_cast<const State*>(value + offset)->sum) < room;
    };
    if (run.groups.single != nullptr) return fits(run.groups.single);
    bool all = true;
    for (std::uint32_t i = 0; i < run.count; ++i)
      all &= fits(run.groups.entries[run.picked == nullptr ? i : run.picked[i]].value);
    return all;
  }
  static void apply(State& group, const AggregateRun& run, std::uint32_t row, double sign) {
    if (run.x->is_null(row)) return;
    group.sum += sign * run.x->cells<double>()[row];
    group.values += static_cast<std::int64_t>(sign);
  }
  double bound_ = 0;
};

}  // namespace penstock::operators
