#include "operators/aggregates/result_emitter.h"

#include <algorithm>
#include <utility>

namespace penstock::operators {

ResultEmitter::ResultEmitter(ResultRows results, const api::NodeSpec& spec) : results_(std::move(results)) {
  for (const topology::PlanPort& port : spec.node.ports)
    if (port.port == topology::kMainPort) event_time_ = port.event_time;
}

void ResultEmitter::stamp_time(std::uint32_t count, base::Micros time) {
  if (!event_time_) return;
  time_.assign(count, time);
  watermark_.assign(count, base::kNoTime);
  output_.time = time_.data();
  output_.watermark = watermark_.data();
  output_.may_be_late = false;
}

void ResultEmitter::emit(std::span<const api::Entry> groups, const api::StateTable& table, GroupAggregates& aggregates,
                         const Stamp& stamp, const record::Change* change, api::Context& context) {
  if (groups.empty()) return;
  const auto count = static_cast<std::uint32_t>(groups.size());
  results_.clear();
  table.read_keys(groups, results_.keys());
  const bool all_read = aggregates.read(groups, results_.results());
  if (stamp.windowed) results_.set_window(count, stamp.start, stamp.end);
  output_ = results_.build(count, context.now());
  stamp_time(count, stamp.time);
  output_.change = change;
  if (!all_read || !results_.faults().empty()) report_failed(groups, aggregates, all_read, context);
  if (output_.count > 0) context.emit(topology::kMainPort, output_);
}

void ResultEmitter::report_failed(std::span<const api::Entry> groups, GroupAggregates& aggregates, bool all_read,
                                  api::Context& context) {
  failed_.assign(groups.size(), 0);
  const auto fail = [&](std::uint32_t row, std::string_view code, std::string_view message) {
    if (failed_[row]++ != 0) return;
    context.row_failed(results_.internal(), row, code, message);
    if (context.counters().absorbed.get() > 0) context.counters().absorbed.add(~std::uint64_t{0});  // Less one.
  };
  for (const auto& fault : results_.faults()) fail(fault.row, fault.code, fault.message);
  for (std::uint32_t row = 0; !all_read && row < groups.size(); ++row)
    if (!aggregates.fits(groups[row])) fail(row, "overflow", "a sum of this group leaves the range of its type");
  good_.clear();
  for (std::uint32_t row = 0; row < groups.size(); ++row)
    if (failed_[row] == 0) good_.push_back(row);
  output_.selection = good_.data();
  output_.count = static_cast<std::uint32_t>(good_.size());
}

}  // namespace penstock::operators
