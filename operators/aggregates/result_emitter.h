/// Emits groups as result rows: reads their keys and aggregates, evaluates the output expressions, stamps event time.
/// Shared by windows and by aggregates that emit groups. A result that fails (division by zero, a sum that overflowed
/// in merging) is an error of one of the rows it was made of, so one fewer counts as absorbed. THREAD: the operator's.
#pragma once

#include <span>
#include <vector>

#include "operators/aggregates/group_aggregates.h"
#include "operators/aggregates/result_rows.h"
#include "runtime/api/context.h"
#include "runtime/api/spec.h"

namespace penstock::operators {

class ResultEmitter {
 public:
  ResultEmitter(ResultRows results, const api::NodeSpec& spec);

  struct Stamp {
    base::Micros time = 0;
    bool windowed = false;
    base::Micros start = 0, end = 0;  ///< Window bounds, when windowed.
  };
  /// `change`, when given, has one per group. The rows stay until the next call.
  void emit(std::span<const api::Entry> groups, const api::StateTable& table, GroupAggregates& aggregates,
            const Stamp& stamp, const record::Change* change, api::Context& context);

 private:
  void stamp_time(std::uint32_t count, base::Micros time);
  void report_failed(std::span<const api::Entry> groups, GroupAggregates& aggregates, bool all_read,
                     api::Context& context);

  ResultRows results_;
  bool event_time_ = false;
  std::vector<base::Micros> time_, watermark_;
  std::vector<std::uint32_t> good_;
  std::vector<std::uint8_t> failed_;
  record::Rows output_;
};

}  // namespace penstock::operators
