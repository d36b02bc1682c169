/// avg(x) and stddev(x) (of a sample), over float64.
#pragma once

#include <cmath>
#include <cstdint>

#include "operators/aggregates/aggregate_of.h"

namespace penstock::operators {

/// Mean and sum of squared differences by Welford's recurrence; merged by Chan, Golub and LeVeque's formula.
struct Moments {
  static constexpr bool kRetractable = true, kOwnsMemory = false;
  struct State {
    std::int64_t values;
    double mean;
    double squares;
  };
  void add(State& group, const AggregateRun& run, std::uint32_t row) const {
    if (run.x->is_null(row)) return;
    const double value = run.x->cells<double>()[row];
    const double delta = value - group.mean;
    ++group.values;
    group.mean += delta / static_cast<double>(group.values);
    group.squares += delta * (value - group.mean);
  }
  void subtract(State& group, const AggregateRun& run, std::uint32_t row) const {
    if (run.x->is_null(row)) return;
    if (--group.values <= 0) {
      group.mean = group.squares = 0;
      return;
    }
    const double value = run.x->cells<double>()[row];
    const double after = value - group.mean;
    group.mean -= after / static_cast<double>(group.values);
    group.squares -= after * (value - group.mean);
    if (group.squares < 0) group.squares = 0;
  }
  void merge(State& group, const State& other) const {
    if (other.values == 0) return;
    const auto ours = static_cast<double>(group.values), theirs = static_cast<double>(other.values);
    const double delta = other.mean - group.mean;
    group.values += other.values;
    group.mean += delta * theirs / (ours + theirs);
    group.squares += other.squares + delta * delta * ours * theirs / (ours + theirs);
  }
  bool read(const State& group, record::ColumnBuffer& out, record::TextArena*) const {
    if (group.values < 2)
      out.append_null();
    else
      out.append_float(std::sqrt(group.squares / static_cast<double>(group.values - 1)));
    return true;
  }
};

/// Sum and count. The sum carries the error of its additions along (Neumaier), so that the mean of many values is that
/// of their exact sum in all but contrived cases, and the same however the runs are cut.
struct Mean {
  static constexpr bool kRetractable = true, kOwnsMemory = false;
  struct State {
    double sum;
    double error;
    std::int64_t values;
  };
  static void accumulate(State& group, double value) {
    const double sum = group.sum + value;
    group.error += std::fabs(group.sum) >= std::fabs(value) ? (group.sum - sum) + value : (value - sum) + group.sum;
    group.sum = sum;
  }
  void add(State& group, const AggregateRun& run, std::uint32_t row) const {
    if (run.x->is_null(row)) return;
    accumulate(group, run.x->cells<double>()[row]);
    ++group.values;
  }
  void subtract(State& group, const AggregateRun& run, std::uint32_t row) const {
    if (run.x->is_null(row)) return;
    accumulate(group, -run.x->cells<double>()[row]);
    --group.values;
  }
  void merge(State& group, const State& other) const {
    accumulate(group, other.sum);
    group.error += other.error;
    group.values += other.values;
  }
  bool read(const State& group, record::ColumnBuffer& out, record::TextArena*) const {
    if (group.values <= 0)
      out.append_null();
    else
      out.append_float(mean(group));
    return true;
  }

 private:
  static double mean(const State& group) {
    const double exact = group.sum + group.error;  // The error of an infinite sum is no number.
    return (std::isnan(exact) ? group.sum : exact) / static_cast<double>(group.values);
  }
};

}  // namespace penstock::operators
