#include "tools/penstock/client_verb.h"
#include "tools/penstock/cluster_json.h"
#include "tools/penstock/cluster_tables.h"
#include "tools/penstock/terminal.h"

namespace penstock::tools {

int verb_workers(const ClientOptions& options) {
  proto::Request request;
  request.mutable_list_workers();
  const auto answer = answer_or_status("workers", options, std::move(request), proto::Answer::kWorkers);
  if (const int* status = std::get_if<int>(&answer)) return *status;
  const proto::WorkerList& workers = std::get<proto::Answer>(answer).workers();
  if (options.json) return print_result(document(as_json(workers)));
  if (workers.workers().empty()) {
    const int status = print_result("no workers\n");
    say_next("penstock worker --coordinator ADDR, on each host that shall work");
    return status;
  }
  const int status = print_result(joined(worker_lines(workers, output_width())));
  say_next(client_command("submit", "FILE", options.coordinator));
  return status;
}

}  // namespace penstock::tools
