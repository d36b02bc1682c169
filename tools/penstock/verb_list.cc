#include "tools/penstock/client_verb.h"
#include "tools/penstock/cluster_json.h"
#include "tools/penstock/cluster_tables.h"
#include "tools/penstock/terminal.h"

namespace penstock::tools {

int verb_list(const ClientOptions& options) {
  proto::Request request;
  request.mutable_list_jobs();
  const auto answer = answer_or_status("list", options, std::move(request), proto::Answer::kJobs);
  if (const int* status = std::get_if<int>(&answer)) return *status;
  const proto::JobList& jobs = std::get<proto::Answer>(answer).jobs();
  if (options.json) return print_result(document(as_json(jobs)));
  if (jobs.jobs().empty()) {
    const int status = print_result("no jobs\n");
    say_next(client_command("submit", "FILE", options.coordinator));
    return status;
  }
  const int status = print_result(joined(job_lines(jobs, output_width())));
  say_next(client_command("status", std::to_string(jobs.jobs(0).job()), options.coordinator));
  return status;
}

}  // namespace penstock::tools
