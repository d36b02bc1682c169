#include "tools/penstock/cluster_tables.h"

#include <fmt/core.h>

#include <algorithm>

#include "runtime/base/clock.h"
#include "runtime/base/time_text.h"
#include "tools/penstock/cluster_words.h"
#include "tools/penstock/quantities.h"

namespace penstock::tools {
namespace {

using Align = TextTable::Align;

constexpr int kMostChannels = 40;  ///< A plan may have thousands; JSON has them all.

std::string number(std::uint64_t count) { return count == 0 ? "" : short_count(static_cast<double>(count)); }

std::string labels_of(const proto::WorkerSummary& worker) {
  std::string text;
  for (const proto::Label& label : worker.labels())
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", label.key(), label.value());
  return text;
}

std::string names_of(const proto::NodeStatus& node) {
  std::string text;
  for (const std::string& name : node.workers()) text += (text.empty() ? "" : " ") + name;
  return text;
}

std::string time_of(std::int64_t wall_us) {
  char text[32];
  const std::int64_t whole = wall_us / 1'000'000 * 1'000'000;
  return {text, base::format_timestamp(whole, text)};
}

/// How long the channel's rate takes to fill its window.
std::string time_held(const proto::ChannelStatus& channel) {
  if (channel.bytes_a_second() == 0) return "-";
  const double seconds = static_cast<double>(channel.window_bytes()) / static_cast<double>(channel.bytes_a_second());
  return fine_duration(static_cast<base::Micros>(std::min(seconds, 1e6) * 1e6));
}

/// Rates where rows move, totals where they no longer do.
std::string rows(bool over, double rate, std::uint64_t total) {
  return over ? grouped(total) : short_count(rate) + "/s";
}

/// Words of one length while the job runs, so that a view that is redrawn keeps still.
const char* state_of(const proto::NodeReport& totals, bool over) {
  if (totals.ended()) return "ended";
  if (over) return "";
  return totals.blocked() ? "blocked" : "running";
}

std::vector<std::string> node_cells(const proto::NodeStatus& node, bool over) {
  const bool source = node.kind() == "source";
  const bool sink = node.kind() == "sink";
  const proto::NodeReport& totals = node.totals();
  return {node.name(),
          node.verb(),
          std::to_string(node.tasks()),
          rows(over, node.rows_in_rate(), totals.rows_in()),
          sink ? "" : rows(over, node.rows_out_rate(), totals.rows_out()),
          source || over ? "" : short_bytes(node.in_flight_bytes()),
          number(totals.credit_waits()),
          node.has_watermark_lag_us() && !over ? short_duration(node.watermark_lag_us()) : "-",
          number(totals.late()),
          number(totals.errors()),
          state_of(totals, over),
          names_of(node)};
}

Lines error_lines(const proto::JobStatus& status) {
  Lines lines;
  for (const proto::NodeStatus& node : status.nodes()) {
    std::string counts;
    for (const proto::CodeCount& count : node.totals().errors_by_code())
      counts += fmt::format("{}{} {}", counts.empty() ? "" : ", ", count.code(), grouped(count.rows()));
    if (!counts.empty()) lines.push_back(fmt::format("errors of {}: {}", node.name(), counts));
  }
  return lines;
}

std::string summary_line(const proto::JobSummary& job) {
  const auto some = [](std::uint32_t count, const char* what) {
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
  };
  return fmt::format("{} on {}, attempt {}, submitted {}", some(job.tasks(), "task"), some(job.workers(), "worker"),
                     job.attempt(), time_of(job.submitted_us()));
}

/// "2 restarts; checkpoint 17 taken 0.4s ago, 12MB, in 21ms"
std::string survival_line(const proto::JobSummary& job) {
  std::string line =
      job.restarts() == 0 ? "" : fmt::format("{} restart{}", job.restarts(), job.restarts() == 1 ? "" : "s");
  const auto add = [&line](const std::string& text) { line += (line.empty() ? "" : "; ") + text; };
  const proto::CheckpointSummary& newest = job.newest();
  if (job.has_newest())
    add(fmt::format("checkpoint {} taken {} ago, {}, in {}", newest.epoch(),
                    short_duration(std::max<std::int64_t>(0, base::wall_now() - newest.completed_us())),
                    short_bytes(newest.state_bytes()), fine_duration(newest.duration_us())));
  else if (!is_over(job.state()))
    add(job.recoverable() ? "no checkpoint yet" : "keeps no checkpoints: a lost worker ends it");
  return line;
}

void append(Lines& lines, Lines more, bool gap) {
  if (gap && !more.empty()) lines.emplace_back();
  for (std::string& line : more) lines.push_back(std::move(line));
}

}  // namespace

Lines job_lines(const proto::JobList& jobs, std::size_t width) {
  TextTable table({{"job", Align::kRight},
                   {"name", Align::kLeft},
                   {"state", Align::kLeft},
                   {"for", Align::kRight},
                   {"workers", Align::kRight},
                   {"tasks", Align::kRight},
                   {"cause", Align::kLeft}});
  for (const proto::JobSummary& job : jobs.jobs())
    table.add({std::to_string(job.job()), job.name(), std::string(word_of(job.state())),
               short_duration(job.running_us()), std::to_string(job.workers()), std::to_string(job.tasks()),
               job.has_cause() ? sentence(job.cause()) : ""});
  return table.lines(width);
}

Lines worker_lines(const proto::WorkerList& workers, std::size_t width) {
  TextTable table({{"worker", Align::kLeft},
                   {"state", Align::kLeft},
                   {"host", Align::kLeft},
                   {"process", Align::kRight},
                   {"tasks", Align::kRight},
                   {"slots", Align::kRight},
                   {"cpu", Align::kRight},
                   {"memory", Align::kRight},
                   {"budget", Align::kRight},
                   {"heard", Align::kRight},
                   {"labels", Align::kLeft}});
  for (const proto::WorkerSummary& worker : workers.workers())
    table.add({worker.worker(), std::string(word_of(worker.state())), worker.host(), std::to_string(worker.process()),
               std::to_string(worker.tasks()), std::to_string(worker.slots()),
               fmt::format("{:.0f} %", worker.cpu_percent()), short_bytes(worker.resident_bytes()),
               short_bytes(worker.memory_bytes()), short_duration(worker.last_heard_us()), labels_of(worker)});
  return table.lines(width);
}

Lines node_lines(const proto::JobStatus& status, std::size_t width) {
  const bool over = is_over(status.job().state());
  TextTable table({{"node", Align::kLeft},
                   {"", Align::kLeft},
                   {"tasks", Align::kRight},
                   {over ? "rows in" : "in", Align::kRight},
                   {over ? "rows out" : "out", Align::kRight},
                   {"in flight", Align::kRight},
                   {"credit waits", Align::kRight},
                   {"lag", Align::kRight},
                   {"late", Align::kRight},
                   {"errors", Align::kRight},
                   {"state", Align::kLeft},
                   {"workers", Align::kLeft}});
  for (const proto::NodeStatus& node : status.nodes()) table.add(node_cells(node, over));
  return table.lines(width);
}

Lines channel_lines(const proto::JobStatus& status, std::size_t width) {
  if (status.channels().empty()) return {};
  TextTable table({{"channel from", Align::kLeft},
                   {"to", Align::kLeft},
                   {"rate", Align::kRight},
                   {"round trip", Align::kRight},
                   {"window", Align::kRight},
                   {"holds", Align::kRight}});
  const int shown = std::min(status.channels_size(), kMostChannels);
  for (int i = 0; i < shown; ++i) {
    const proto::ChannelStatus& channel = status.channels(i);
    const bool measured = channel.bytes_a_second() > 0 || channel.round_trip_us() > 0;
    table.add({channel.from(), channel.to(), measured ? short_bytes(channel.bytes_a_second()) + "/s" : "-",
               channel.round_trip_us() == 0 ? "-" : fine_duration(channel.round_trip_us()),
               short_bytes(channel.window_bytes()), time_held(channel)});
  }
  Lines lines = table.lines(width);
  if (shown < status.channels_size())
    lines.push_back(fmt::format("... and {} channels more, which --json shows", status.channels_size() - shown));
  return lines;
}

Lines checkpoint_lines(const proto::CheckpointList& list, std::size_t width) {
  if (list.store().empty())
    return {title_of(list.job()) + " keeps no checkpoints",
            "  name a place: penstock coordinator --checkpoints file:///DIR"};
  TextTable table({{"checkpoint", Align::kRight},
                   {"taken", Align::kLeft},
                   {"holds", Align::kRight},
                   {"changed", Align::kRight},
                   {"in", Align::kRight},
                   {"attempt", Align::kRight},
                   {"published", Align::kLeft}});
  for (const proto::CheckpointSummary& one : list.checkpoints())
    table.add({std::to_string(one.epoch()), time_of(one.completed_us()), short_bytes(one.state_bytes()),
               short_bytes(one.changed_bytes()), fine_duration(one.duration_us()), std::to_string(one.attempt()),
               one.published() ? "yes" : "not yet"});
  Lines lines = {cut_to_width(headline(list.job()), width), list.store() + "/" + list.identity()};
  if (list.checkpoints().empty()) lines.emplace_back("no checkpoint yet");
  append(lines, list.checkpoints().empty() ? Lines{} : table.lines(width), true);
  return lines;
}

Lines status_lines(const proto::JobStatus& status, std::size_t width) {
  const proto::JobSummary& job = status.job();
  Lines lines = {cut_to_width(headline(job), width), cut_to_width(summary_line(job), width)};
  if (const std::string line = survival_line(job); !line.empty()) lines.push_back(cut_to_width(line, width));
  if (job.has_cause()) lines.push_back("cause: " + sentence(job.cause()));  // Whole, however long.
  if (!job.waits_for().empty()) lines.push_back("waits for: " + job.waits_for());
  append(lines, node_lines(status, width), true);
  append(lines, error_lines(status), false);
  proto::WorkerList workers;
  *workers.mutable_workers() = status.workers();
  if (!status.workers().empty()) append(lines, worker_lines(workers, width), true);
  append(lines, channel_lines(status, width), true);
  return lines;
}

std::string headline(const proto::JobSummary& job) {
  return fmt::format("{}  {}  {}", title_of(job), word_of(job.state()), short_duration(job.running_us()));
}

std::string joined(const Lines& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

}  // namespace penstock::tools
