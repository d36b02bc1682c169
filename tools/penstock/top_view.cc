#include "tools/penstock/top_view.h"

#include <fmt/core.h>

#include <algorithm>

#include "tools/penstock/cluster_words.h"

namespace penstock::tools {
namespace {

constexpr int kMostEnded = 5;  ///< Jobs that are over and still shown.

std::string counted(int count, const char* what) { return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s"); }

proto::JobList newest_ended(const proto::JobList& all) {
  std::vector<proto::JobSummary> ended;
  for (const proto::JobSummary& job : all.jobs())
    if (is_over(job.state())) ended.push_back(job);
  std::sort(ended.begin(), ended.end(), [](const auto& a, const auto& b) { return a.job() > b.job(); });
  proto::JobList few;
  for (const proto::JobSummary& job : ended)
    if (few.jobs_size() < kMostEnded) *few.add_jobs() = job;
  return few;
}

void append(Lines& lines, Lines more) {
  for (std::string& line : more) lines.push_back(std::move(line));
}

Lines within(Lines lines, std::size_t height) {
  if (lines.size() <= height) return lines;
  if (height == 0) return {};
  const std::size_t hidden = lines.size() - (height - 1);
  lines.resize(height - 1);
  lines.push_back(fmt::format("... and {} lines more", hidden));
  return lines;
}

Lines cut(Lines lines, std::size_t width) {
  for (std::string& line : lines) line = cut_to_width(line, width);
  return lines;
}

Lines job_block(const proto::JobStatus& status, std::size_t width) {
  Lines lines = {headline(status.job())};
  if (status.job().has_cause()) lines.push_back("cause: " + sentence(status.job().cause()));
  append(lines, node_lines(status, width));
  return lines;
}

}  // namespace

Lines top_lines(const ClusterLook& look, std::size_t width, std::size_t height) {
  Lines lines = {fmt::format("{}: {}, {} of {} running", look.address, counted(look.workers.workers_size(), "worker"),
                             look.running.size(), counted(look.jobs.jobs_size(), "job"))};
  if (!look.workers.workers().empty()) lines.emplace_back();
  if (!look.workers.workers().empty()) append(lines, worker_lines(look.workers, width));
  for (const proto::JobStatus& status : look.running) {
    lines.emplace_back();
    append(lines, job_block(status, width));
  }
  if (const proto::JobList ended = newest_ended(look.jobs); !ended.jobs().empty()) {
    lines.emplace_back();
    append(lines, job_lines(ended, width));
  }
  return cut(within(std::move(lines), height), width);
}

Lines attached_lines(const proto::JobStatus& status, std::size_t width, std::size_t height) {
  return cut(within(job_block(status, width), height), width);
}

}  // namespace penstock::tools
