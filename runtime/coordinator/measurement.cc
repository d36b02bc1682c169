#include "runtime/coordinator/measurement.h"

#include "runtime/coordinator/deployment.h"

namespace penstock::coordinator {
namespace {

constexpr base::Micros kRateOver = 1'000'000;

void read_rows(Part& part, base::Micros now) {
  Part::Reading reading{now, {}};
  for (const proto::NodeReport& node : part.report.nodes())
    reading.rows[node.node()] = {node.rows_in(), node.rows_out()};
  part.readings.push_back(std::move(reading));
  while (part.readings.size() > 2 && part.readings[1].at <= now - kRateOver) part.readings.pop_front();
}

/// An end that only sends says nothing of what was consumed, and reports no window.
void read_channel(Job& job, const proto::ChannelReport& report, std::size_t part, std::uint64_t limit,
                  base::Micros now) {
  const auto at = job.tuned.find(report.channel());
  if (at == job.tuned.end()) return;
  ChannelState& channel = at->second;
  if (report.round_trip_us() > 0) channel.round_trip_us = report.round_trip_us();
  channel.credit_waits = std::max(channel.credit_waits, report.credit_waits());
  if (channel.receiver != part || report.window_bytes() == 0) return;
  channel.window_reported = report.window_bytes();
  ChannelSample sample{now, report.consumed_bytes(), std::nullopt, channel.round_trip_us, channel.credit_waits};
  if (report.has_waiting_bytes()) sample.waiting_bytes = report.waiting_bytes();
  channel.tuner.on_sample(sample, limit);
}

}  // namespace

void measure(Turn& turn, Job& job, std::size_t index) {
  Part& part = job.parts[index];
  read_rows(part, turn.now);
  if (job.step != Step::kRunning || job.tuned.empty()) return;
  const std::uint64_t limit = window_limit_of(turn.state, part.worker);
  for (const proto::ChannelReport& report : part.report.channels()) read_channel(job, report, index, limit, turn.now);
}

std::pair<double, double> row_rates(const Job& job, std::uint32_t node) {
  std::pair<double, double> rates{0, 0};
  for (const Part& part : job.parts) {
    if (job.is_over() || part.readings.size() < 2) continue;
    const Part::Reading& first = part.readings.front();
    const Part::Reading& last = part.readings.back();
    const auto from = first.rows.find(node);
    const auto to = last.rows.find(node);
    if (from == first.rows.end() || to == last.rows.end() || last.at <= first.at) continue;
    const double seconds = static_cast<double>(last.at - first.at) / 1e6;
    const auto rate = [seconds](std::uint64_t a, std::uint64_t b) {
      return b > a ? static_cast<double>(b - a) / seconds : 0;
    };
    rates.first += rate(from->second.first, to->second.first);
    rates.second += rate(from->second.second, to->second.second);
  }
  return rates;
}

std::uint64_t progress_of(const Job& job) {
  std::uint64_t progress = 0;
  for (const Part& part : job.parts) {
    for (const proto::NodeReport& node : part.report.nodes()) progress += node.rows_in() + node.rows_out();
    progress += part.report.published();
  }
  return progress + job.checkpoints.cycle->to_publish();
}

std::uint64_t rows_from_sources(const Job& job) {
  std::uint64_t rows = 0;
  for (const Part& part : job.parts)
    for (const proto::NodeReport& node : part.report.nodes())
      if (node.node() < job.work.plan->nodes.size() &&
          job.work.plan->nodes[node.node()].kind == topology::NodeKind::kSource)
        rows += node.rows_out();
  return rows;
}

}  // namespace penstock::coordinator
