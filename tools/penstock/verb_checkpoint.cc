#include <fmt/core.h>
#include <poll.h>

#include "tools/penstock/client_verb.h"
#include "tools/penstock/cluster_json.h"
#include "tools/penstock/cluster_words.h"
#include "tools/penstock/exit_status.h"
#include "tools/penstock/terminal.h"

namespace penstock::tools {
namespace {

constexpr int kLookEveryMs = 50;

/// Until a checkpoint of that number, or a later one, is complete; an error when the job ends before.
base::Result<proto::CheckpointList> await(CoordinatorLink& link, const std::string& job, std::uint64_t epoch) {
  for (;;) {
    proto::Request request;
    request.mutable_checkpoints()->set_job(job);
    auto answer = link.ask(std::move(request), proto::Answer::kCheckpoints);
    if (!answer) return tl::unexpected(answer.error());
    const proto::CheckpointList& list = answer->checkpoints();
    if (list.checkpoints_size() > 0 && list.checkpoints().rbegin()->epoch() >= epoch) return list;
    if (is_over(list.job().state()))
      return base::fail("job_is_over", title_of(list.job()) + " is over, and the checkpoint was not taken");
    poll(nullptr, 0, kLookEveryMs);
  }
}

int show_taken(const proto::CheckpointList& list, const ClientOptions& options) {
  const proto::CheckpointSummary& taken = *list.checkpoints().rbegin();
  if (options.json) return print_result(document(as_json(taken)));
  const int status =
      print_result(fmt::format("checkpoint {} of {} is complete\n", taken.epoch(), title_of(list.job())));
  say_next(client_command("checkpoints", std::to_string(list.job().job()), options.coordinator));
  return status;
}

}  // namespace

int verb_checkpoint(const JobOptions& options) {
  auto link = CoordinatorLink::open(options.client.coordinator);
  if (!link) return show_failure("checkpoint", link.error(), options.client);
  proto::Request request;
  request.mutable_checkpoint()->set_job(options.job);
  const auto answer = (*link)->ask(std::move(request), proto::Answer::kDone);
  if (!answer) return show_failure("checkpoint", answer.error(), options.client);
  if (options.wait) {
    const auto taken = await(**link, options.job, answer->done().epoch());
    return taken ? show_taken(*taken, options.client) : show_failure("checkpoint", taken.error(), options.client);
  }
  if (options.client.json) return print_result(document(Json::object({{"epoch", answer->done().epoch()}})));
  const int status = print_result(answer->done().text() + "\n");
  say_next(client_command("checkpoints", options.job, options.client.coordinator));
  return status;
}

}  // namespace penstock::tools
