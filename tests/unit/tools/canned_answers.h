/// Answers as a coordinator would give them, for tests of how they are shown.
#pragma once

#include "proto/control.pb.h"

namespace penstock::tools::canned {

inline proto::JobSummary job(std::uint64_t number = 3, proto::JobState state = proto::JOB_RUNNING) {
  proto::JobSummary job;
  job.set_job(number);
  job.set_name("rides-per-hour");
  job.set_state(state);
  job.set_attempt(1);
  job.set_submitted_us(1'773'468'000'250'000);  // 2026-03-14T06:00:00.25Z
  job.set_running_us(72'000'000);
  job.set_workers(2);
  job.set_tasks(4);
  return job;
}

inline proto::Error worker_lost() {
  proto::Error error;
  error.set_code("worker_lost");
  error.set_text("worker 'w2' (host node-b, process 123) is gone: its lease of 600 ms has run out");
  error.set_origin(proto::Error::ENVIRONMENT);
  error.set_restart_helps(true);
  return error;
}

inline proto::JobSummary failed_job(std::uint64_t number = 2) {
  proto::JobSummary failed = job(number, proto::JOB_FAILED);
  failed.set_running_us(3'200'000);
  *failed.mutable_cause() = worker_lost();
  return failed;
}

inline proto::WorkerSummary worker(const char* name, proto::WorkerSummary::State state) {
  proto::WorkerSummary worker;
  worker.set_worker(name);
  worker.set_host("node-a");
  worker.set_process(4711);
  proto::Label& label = *worker.add_labels();
  label.set_key("zone");
  label.set_value("core");
  worker.set_slots(4);
  worker.set_tasks(2);
  worker.set_state(state);
  worker.set_cpu_percent(123.4);
  worker.set_resident_bytes(45 << 20);
  worker.set_memory_bytes(1ULL << 30);
  worker.set_last_heard_us(120'000);
  worker.set_software("0.1.0");
  return worker;
}

inline proto::NodeStatus source() {
  proto::NodeStatus node;
  node.set_name("rides");
  node.set_verb("file");
  node.set_kind("source");
  node.set_tasks(2);
  node.add_workers("w1");
  node.add_workers("w2");
  node.set_rows_in_rate(12'345);
  node.set_rows_out_rate(12'300);
  node.set_watermark_lag_us(2'500'000);
  proto::NodeReport& totals = *node.mutable_totals();
  totals.set_rows_in(1'234'567);
  totals.set_rows_out(1'234'560);
  totals.set_passed(1'234'560);
  totals.set_errors(7);
  totals.set_credit_waits(1'500);
  totals.set_blocked(true);
  proto::CodeCount& count = *totals.add_errors_by_code();
  count.set_code("bad_json");
  count.set_rows(7);
  return node;
}

inline proto::NodeStatus sink() {
  proto::NodeStatus node;
  node.set_name("out");
  node.set_verb("stdout");
  node.set_kind("sink");
  node.set_tasks(1);
  node.add_workers("w1");
  node.set_rows_in_rate(40);
  node.set_in_flight_bytes(2048);
  node.mutable_totals()->set_rows_in(30);
  return node;
}

inline proto::ChannelStatus channel() {
  proto::ChannelStatus channel;
  channel.set_channel(7);
  channel.set_from("rides[1]@w2");
  channel.set_to("out[0]@w1");
  channel.set_window_bytes(65'536);
  channel.set_bytes_a_second(3'276'800);
  channel.set_round_trip_us(340);
  return channel;
}

inline proto::JobStatus status(proto::JobState state = proto::JOB_RUNNING) {
  proto::JobStatus status;
  *status.mutable_job() = state == proto::JOB_FAILED ? failed_job(3) : job(3, state);
  *status.add_nodes() = source();
  *status.add_nodes() = sink();
  *status.add_workers() = worker("w1", proto::WorkerSummary::ACTIVE);
  *status.add_channels() = channel();
  return status;
}

inline proto::JobList jobs() {
  proto::JobList list;
  *list.add_jobs() = job();
  *list.add_jobs() = failed_job();
  return list;
}

inline proto::WorkerList workers() {
  proto::WorkerList list;
  *list.add_workers() = worker("w1", proto::WorkerSummary::ACTIVE);
  *list.add_workers() = worker("w2", proto::WorkerSummary::LOST);
  return list;
}

}  // namespace penstock::tools::canned
