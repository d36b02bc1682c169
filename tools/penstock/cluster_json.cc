#include "tools/penstock/cluster_json.h"

#include "proto/messages.h"
#include "tools/penstock/cluster_words.h"

namespace penstock::tools {
namespace {

Json error_object(const proto::Error& error) {
  return {{"code", error.code()},
          {"message", error.text()},
          {"where", error.where()},
          {"origin", word_of(error.origin())},
          {"restart_helps", error.restart_helps()}};
}

Json worker_object(const proto::WorkerSummary& worker) {
  Json labels = Json::object();
  for (const proto::Label& label : worker.labels()) labels[label.key()] = label.value();
  return {{"worker", worker.worker()},
          {"host", worker.host()},
          {"process", worker.process()},
          {"labels", std::move(labels)},
          {"slots", worker.slots()},
          {"tasks", worker.tasks()},
          {"state", word_of(worker.state())},
          {"cpu_percent", worker.cpu_percent()},
          {"resident_bytes", worker.resident_bytes()},
          {"memory_bytes", worker.memory_bytes()},
          {"last_heard_us", worker.last_heard_us()},
          {"software", worker.software()}};
}

Json totals_object(const proto::NodeReport& totals) {
  Json by_code = Json::object();
  for (const proto::CodeCount& count : totals.errors_by_code()) by_code[count.code()] = count.rows();
  Json json = {
      {"rows_in", totals.rows_in()},         {"rows_out", totals.rows_out()}, {"passed", totals.passed()},
      {"filtered", totals.filtered()},       {"absorbed", totals.absorbed()}, {"late", totals.late()},
      {"errors", totals.errors()},           {"dropped", totals.dropped()},   {"queued_bytes", totals.queued_bytes()},
      {"blocked", totals.blocked()},         {"ended", totals.ended()},       {"credit_waits", totals.credit_waits()},
      {"errors_by_code", std::move(by_code)}};
  if (totals.has_watermark()) json["watermark"] = totals.watermark();
  return json;
}

Json node_object(const proto::NodeStatus& node) {
  Json json = {{"name", node.name()},
               {"verb", node.verb()},
               {"kind", node.kind()},
               {"tasks", node.tasks()},
               {"workers", std::vector<std::string>(node.workers().begin(), node.workers().end())},
               {"rows_in_rate", node.rows_in_rate()},
               {"rows_out_rate", node.rows_out_rate()},
               {"in_flight_bytes", node.in_flight_bytes()}};
  if (node.has_watermark_lag_us()) json["watermark_lag_us"] = node.watermark_lag_us();
  json["totals"] = totals_object(node.totals());
  return json;
}

Json channel_object(const proto::ChannelStatus& channel) {
  return {{"channel", channel.channel()},
          {"from", channel.from()},
          {"to", channel.to()},
          {"window_bytes", channel.window_bytes()},
          {"bytes_a_second", channel.bytes_a_second()},
          {"round_trip_us", channel.round_trip_us()}};
}

template <class List, class Object>
Json each(const List& list, Object object) {
  Json array = Json::array();
  for (const auto& item : list) array.push_back(object(item));
  return array;
}

}  // namespace

Json as_json(const proto::JobSummary& job) {
  Json json = {{"job", job.job()},
               {"name", job.name()},
               {"state", word_of(job.state())},
               {"attempt", job.attempt()},
               {"submitted_us", job.submitted_us()},
               {"running_us", job.running_us()},
               {"workers", job.workers()},
               {"tasks", job.tasks()},
               {"restarts", job.restarts()},
               {"recoverable", job.recoverable()}};
  if (job.has_newest()) json["newest_checkpoint"] = as_json(job.newest());
  if (job.has_cause()) json["cause"] = error_object(job.cause());
  if (!job.waits_for().empty()) json["waits_for"] = job.waits_for();
  return json;
}

Json as_json(const proto::JobList& jobs) {
  return Json::object({{"jobs", each(jobs.jobs(), [](const proto::JobSummary& job) { return as_json(job); })}});
}

Json as_json(const proto::WorkerList& workers) {
  return Json::object({{"workers", each(workers.workers(), worker_object)}});
}

Json as_json(const proto::JobStatus& status) {
  return {{"job", as_json(status.job())},
          {"nodes", each(status.nodes(), node_object)},
          {"workers", each(status.workers(), worker_object)},
          {"channels", each(status.channels(), channel_object)}};
}

Json as_json(const proto::CheckpointSummary& checkpoint) {
  return {{"epoch", checkpoint.epoch()},
          {"attempt", checkpoint.attempt()},
          {"completed_us", checkpoint.completed_us()},
          {"state_bytes", checkpoint.state_bytes()},
          {"changed_bytes", checkpoint.changed_bytes()},
          {"duration_us", checkpoint.duration_us()},
          {"published", checkpoint.published()},
          {"last", checkpoint.last()}};
}

Json as_json(const proto::CheckpointList& checkpoints) {
  return {{"job", as_json(checkpoints.job())},
          {"store", checkpoints.store()},
          {"identity", checkpoints.identity()},
          {"checkpoints", each(checkpoints.checkpoints(),
                               [](const proto::CheckpointSummary& checkpoint) { return as_json(checkpoint); })}};
}

Json as_json(const proto::LogLine& line) {
  return {{"time_us", line.time_us()}, {"level", line.level()}, {"text", line.text()}};
}

Json as_json(const proto::LogPage& page) {
  return {{"lines", each(page.lines(), [](const proto::LogLine& line) { return as_json(line); })},
          {"next", page.next()},
          {"ended", page.ended()}};
}

Json as_json(const base::Error& error) { return Json::object({{"error", error_object(proto::to_proto(error))}}); }

std::string document(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"; }

}  // namespace penstock::tools
