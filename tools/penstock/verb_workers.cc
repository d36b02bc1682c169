#include <fmt/core.h>

#include "tools/penstock/client_verb.h"
#include "tools/penstock/cluster_json.h"
#include "tools/penstock/cluster_tables.h"
#include "tools/penstock/exit_status.h"
#include "tools/penstock/terminal.h"

namespace penstock::tools {
namespace {

proto::WorkerList only(const proto::WorkerList& all, const std::string& name) {
  proto::WorkerList one;
  for (const proto::WorkerSummary& worker : all.workers())
    if (worker.worker() == name) *one.add_workers() = worker;
  return one;
}

int show(const proto::WorkerList& workers, const ClientOptions& options) {
  if (options.json) return print_result(document(as_json(workers)));
  return print_result(workers.workers().empty() ? "no workers\n" : joined(worker_lines(workers, output_width())));
}

/// For scripts and probes: 0 only where the worker is there and takes tasks.
int show_one(const proto::WorkerList& all, const WorkerChoice& options) {
  const proto::WorkerList one = only(all, options.worker);
  if (one.workers().empty())
    return show_failure(
        "workers",
        {"unknown_worker", fmt::format("there is no worker '{}'", options.worker), base::Origin::kUser, false, ""},
        options.client);
  const int status = show(one, options.client);
  return one.workers(0).state() == proto::WorkerSummary::ACTIVE ? status : kFailed;
}

}  // namespace

int verb_workers(const WorkerChoice& options) {
  proto::Request request;
  request.mutable_list_workers();
  const auto answer = answer_or_status("workers", options.client, std::move(request), proto::Answer::kWorkers);
  if (const int* status = std::get_if<int>(&answer)) return *status;
  const proto::WorkerList& workers = std::get<proto::Answer>(answer).workers();
  if (!options.worker.empty()) return show_one(workers, options);
  const int status = show(workers, options.client);
  say_next(workers.workers().empty() ? "penstock worker --coordinator ADDR, on each host that shall work"
                                     : client_command("submit", "FILE", options.client.coordinator));
  return status;
}

}  // namespace penstock::tools
