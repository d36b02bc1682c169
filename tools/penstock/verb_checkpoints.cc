#include <fmt/core.h>

#include "tools/penstock/client_verb.h"
#include "tools/penstock/cluster_json.h"
#include "tools/penstock/cluster_tables.h"
#include "tools/penstock/cluster_words.h"
#include "tools/penstock/terminal.h"

namespace penstock::tools {
namespace {

/// A job that is over can be gone on from, unless its input has ended too; one that runs can be given another
/// checkpoint.
std::string next_step(const proto::CheckpointList& list, const CoordinatorOptions& coordinator) {
  const std::string job = std::to_string(list.job().job());
  if (!is_over(list.job().state()) || list.checkpoints().empty())
    return client_command("checkpoint", job + " --wait", coordinator);
  if (list.checkpoints().rbegin()->last()) return client_command("logs", job, coordinator);
  return client_command("submit", fmt::format("FILE --from {}/{}", job, list.checkpoints().rbegin()->epoch()),
                        coordinator);
}

}  // namespace

int verb_checkpoints(const JobOptions& options) {
  proto::Request request;
  request.mutable_checkpoints()->set_job(options.job);
  const auto answer = answer_or_status("checkpoints", options.client, std::move(request), proto::Answer::kCheckpoints);
  if (const int* status = std::get_if<int>(&answer)) return *status;
  const proto::CheckpointList& list = std::get<proto::Answer>(answer).checkpoints();
  if (options.client.json) return print_result(document(as_json(list)));
  const int status = print_result(joined(checkpoint_lines(list, output_width())));
  say_next(next_step(list, options.client.coordinator));
  return status;
}

}  // namespace penstock::tools
