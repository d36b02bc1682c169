#include "tools/penstock/client_verb.h"
#include "tools/penstock/terminal.h"

namespace penstock::tools {

int verb_drain(const WorkerChoice& options) {
  proto::Request request;
  request.mutable_drain()->set_worker(options.worker);
  const auto answer = answer_or_status("drain", options.client, std::move(request), proto::Answer::kDone);
  if (const int* status = std::get_if<int>(&answer)) return *status;
  const int status = show_done(std::get<proto::Answer>(answer), options.client);
  say_next(client_command("workers", "", options.client.coordinator) + ", until it has no more tasks");
  return status;
}

}  // namespace penstock::tools
