#include "tools/penstock/client_verb.h"
#include "tools/penstock/cluster_json.h"
#include "tools/penstock/cluster_tables.h"
#include "tools/penstock/cluster_words.h"
#include "tools/penstock/terminal.h"

namespace penstock::tools {

int verb_status(const JobOptions& options) {
  proto::Request request;
  request.mutable_status()->set_job(options.job);
  const auto answer = answer_or_status("status", options.client, std::move(request), proto::Answer::kStatus);
  if (const int* status = std::get_if<int>(&answer)) return *status;
  const proto::JobStatus& job = std::get<proto::Answer>(answer).status();
  if (options.client.json) return print_result(document(as_json(job)));
  const int status = print_result(joined(status_lines(job, output_width())));
  const bool over = is_over(job.job().state());
  say_next(client_command(over ? "logs" : "stop", std::to_string(job.job().job()), options.client.coordinator));
  return status;
}

}  // namespace penstock::tools
