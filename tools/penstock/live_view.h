/// What a person watches while a job runs: a line per node, made from snapshots. Pure but for the clock it is given.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "runtime/worker/local_job.h"

namespace penstock::tools {

class LiveView {
 public:
  explicit LiveView(std::string job_name) : job_name_(std::move(job_name)) {}

  /// Remembers the snapshot; rates are over about the last second.
  void add(worker::JobSnapshot snapshot);
  /// At most `height` lines, none wider than `width`. `now`: wall time, for the watermark's lag.
  std::vector<std::string> lines(std::size_t width, std::size_t height, base::Micros now) const;

 private:
  double rate(std::size_t node, std::uint64_t worker::NodeSnapshot::*counter) const;
  std::vector<std::string> cells(std::size_t node, base::Micros now) const;
  std::string title() const;

  std::string job_name_;
  std::deque<worker::JobSnapshot> recent_;
};

}  // namespace penstock::tools
