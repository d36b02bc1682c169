/// What the coordinator answers, as tables for people: `list`, `workers`, `status`. Pure. No line is wider than
/// `width`.
#pragma once

#include <string>
#include <vector>

#include "proto/control.pb.h"
#include "tools/penstock/text_table.h"

namespace penstock::tools {

using Lines = std::vector<std::string>;

Lines job_lines(const proto::JobList& jobs, std::size_t width = kAnyWidth);
Lines worker_lines(const proto::WorkerList& workers, std::size_t width = kAnyWidth);
/// A line per node: rates while the job runs, totals once it is over.
Lines node_lines(const proto::JobStatus& status, std::size_t width = kAnyWidth);
/// A line per channel between executors: the credit window, and what it is made from.
Lines channel_lines(const proto::JobStatus& status, std::size_t width = kAnyWidth);
/// What `checkpoints JOB` prints: oldest first.
Lines checkpoint_lines(const proto::CheckpointList& list, std::size_t width = kAnyWidth);
/// All of a job: what `status JOB` prints.
Lines status_lines(const proto::JobStatus& status, std::size_t width = kAnyWidth);
/// "job 3 'rides-per-hour'  running  1m12s"
std::string headline(const proto::JobSummary& job);

std::string joined(const Lines& lines);  ///< Each with its line end.

}  // namespace penstock::tools
