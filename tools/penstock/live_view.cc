#include "tools/penstock/live_view.h"

#include <fmt/core.h>

#include <algorithm>

#include "tools/penstock/quantities.h"
#include "tools/penstock/text_table.h"

namespace penstock::tools {
namespace {

constexpr double kRateSeconds = 1.0;

const char* word_of(worker::JobState state) {
  switch (state) {
    case worker::JobState::kRunning:
      return "running";
    case worker::JobState::kStopping:
      return "stopping";
    case worker::JobState::kFinished:
      return "finished";
    case worker::JobState::kStopped:
      return "stopped";
    case worker::JobState::kFailed:
      return "failed";
  }
  return "";
}

std::string lag_of(const worker::NodeSnapshot& node, base::Micros now) {
  if (!node.watermark || *node.watermark == base::kNoTime || *node.watermark == base::kEndOfTime) return "-";
  return short_duration(now - *node.watermark);
}

std::string count_or_nothing(std::uint64_t count) { return count == 0 ? "" : short_count(static_cast<double>(count)); }

}  // namespace

void LiveView::add(worker::JobSnapshot snapshot) {
  // A job on a cluster shows no nodes until its coordinator has first answered.
  if (!recent_.empty() && recent_.back().nodes.size() != snapshot.nodes.size()) recent_.clear();
  recent_.push_back(std::move(snapshot));
  while (recent_.size() > 2 && recent_.back().seconds - recent_[1].seconds >= kRateSeconds) recent_.pop_front();
}

double LiveView::rate(std::size_t node, std::uint64_t worker::NodeSnapshot::*counter) const {
  const worker::JobSnapshot& last = recent_.back();
  const bool alone = recent_.size() == 1;
  const double seconds = last.seconds - (alone ? 0 : recent_.front().seconds);
  const std::uint64_t before = alone ? 0 : recent_.front().nodes[node].*counter;
  return seconds <= 0 ? 0 : static_cast<double>(last.nodes[node].*counter - before) / seconds;
}

std::vector<std::string> LiveView::cells(std::size_t node, base::Micros now) const {
  using worker::NodeSnapshot;
  const NodeSnapshot& it = recent_.back().nodes[node];
  const bool source = it.kind == topology::NodeKind::kSource;
  const bool sink = it.kind == topology::NodeKind::kSink;
  return {it.name,
          short_count(rate(node, &NodeSnapshot::rows_in)),
          sink ? "" : short_count(rate(node, &NodeSnapshot::rows_out)),
          source ? "" : short_bytes(it.queued_bytes),
          lag_of(it, now),
          count_or_nothing(it.late),
          count_or_nothing(it.errors),
          it.ended     ? "ended"
          : it.blocked ? "blocked"
                       : ""};
}

std::string LiveView::title() const {
  const worker::JobSnapshot& last = recent_.back();
  return fmt::format("{}  {}  {}", job_name_, word_of(last.state),
                     short_duration(static_cast<base::Micros>(last.seconds * 1e6)));
}

std::vector<std::string> LiveView::lines(std::size_t width, std::size_t height, base::Micros now) const {
  if (recent_.empty() || height < 3) return {};
  using Align = TextTable::Align;
  TextTable table({{"node", Align::kLeft},
                   {"in/s", Align::kRight},
                   {"out/s", Align::kRight},
                   {"queue", Align::kRight},
                   {"lag", Align::kRight},
                   {"late", Align::kRight},
                   {"errors", Align::kRight},
                   {"", Align::kLeft}});
  const std::size_t nodes = recent_.back().nodes.size();
  const std::size_t room = height - 2;  // The title of the job and that of the table.
  const std::size_t shown = nodes <= room ? nodes : room - 1;
  for (std::size_t i = 0; i < shown; ++i) table.add(cells(i, now));
  std::vector<std::string> result = {cut_to_width(title(), width)};
  for (std::string& line : table.lines(width)) result.push_back(std::move(line));
  if (shown < nodes) result.push_back(cut_to_width(fmt::format("... and {} nodes more", nodes - shown), width));
  return result;
}

}  // namespace penstock::tools
