#include <fmt/core.h>

#include <filesystem>

#include "tools/penstock/client_verb.h"
#include "tools/penstock/cluster_json.h"
#include "tools/penstock/exit_status.h"
#include "tools/penstock/job_watch.h"
#include "tools/penstock/submission.h"
#include "tools/penstock/terminal.h"

namespace penstock::tools {
namespace {

/// The coordinator has a loader too; a topology that only it refuses is a bad topology all the same.
int show_refusal(const base::Error& error, const ClientOptions& options) {
  const int status = show_failure("submit", error, options);
  return error.code == "bad_topology" ? kBadTopology : status;
}

/// A path starts here, not where the coordinator was started.
std::string absolute(const std::string& from) {
  if (!from.starts_with('.')) return from;
  std::error_code no_directory;
  return std::filesystem::absolute(from, no_directory).lexically_normal();
}

/// With `--json` the one document is how the job ended, where that is waited for.
int show_submitted(const proto::Submitted& submitted, const SubmitOptions& options) {
  const bool waits = options.wait || options.attach;
  if (options.client.json)
    return waits ? kDone : print_result(document(Json::object({{"job", submitted.job()}, {"name", submitted.name()}})));
  const int status = print_result(fmt::format("job {} '{}' is submitted\n", submitted.job(), submitted.name()));
  if (!waits) say_next(client_command("status", std::to_string(submitted.job()), options.client.coordinator));
  return status;
}

int submit(const Submission& submission, const SubmitOptions& options) {
  auto link = CoordinatorLink::open(options.client.coordinator);
  if (!link) return show_failure("submit", link.error(), options.client);
  proto::Request request;
  *request.mutable_submit() = submission.submit;
  request.mutable_submit()->set_from(absolute(options.from));
  request.mutable_submit()->set_allow_state_loss(options.allow_state_loss);
  const auto answer = (*link)->ask(std::move(request), proto::Answer::kSubmitted);
  if (!answer) return show_refusal(answer.error(), options.client);
  const int status = show_submitted(answer->submitted(), options);
  const Waiter waiter{"submit"};
  if (options.attach) return attach_and_tell(waiter, **link, answer->submitted().job(), options.client);
  if (options.wait) return wait_and_tell(waiter, **link, answer->submitted().job(), options.client);
  return status;
}

}  // namespace

int verb_submit(const SubmitOptions& options) {
  const auto loaded = file_or_status(options.topology, options.client.json);
  if (const int* status = std::get_if<int>(&loaded)) return *status;
  std::error_code no_directory;
  const std::string directory = std::filesystem::current_path(no_directory);
  const auto submission = submission_of(std::get<LoadedFile>(loaded), options.topology, directory);
  if (!submission) return show_failure("submit", submission.error(), options.client);
  if (!options.client.json)
    for (const std::string& note : submission->notes) fmt::print(stderr, "note: {}\n", note);
  return submit(*submission, options);
}

}  // namespace penstock::tools
