#include "tools/penstock/job_ending.h"

#include "tools/penstock/client_verb.h"
#include "tools/penstock/job_watch.h"
#include "tools/penstock/terminal.h"

namespace penstock::tools {
namespace {

const char* verb_of(Ending ending) { return ending == Ending::kStop ? "stop" : "cancel"; }

proto::Request request_for(Ending ending, const std::string& job, bool drain) {
  proto::Request request;
  if (ending == Ending::kCancel) {
    request.mutable_cancel()->set_job(job);
  } else {
    request.mutable_stop()->set_job(job);
    request.mutable_stop()->set_drain(drain);
  }
  return request;
}

/// A name means the newest job of that name, which may be another one by the time the waiting begins.
base::Result<std::uint64_t> number_of(CoordinatorLink& link, const std::string& job) {
  proto::Request request;
  request.mutable_status()->set_job(job);
  const auto answer = link.ask(std::move(request), proto::Answer::kStatus);
  if (!answer) return tl::unexpected(answer.error());
  return answer->status().job().job();
}

int end_and_wait(Ending ending, const JobOptions& options) {
  auto link = CoordinatorLink::open(options.client.coordinator);
  if (!link) return show_failure(verb_of(ending), link.error(), options.client);
  const auto job = number_of(**link, options.job);
  if (!job) return show_failure(verb_of(ending), job.error(), options.client);
  const auto answer = (*link)->ask(request_for(ending, std::to_string(*job), options.drain), proto::Answer::kDone);
  if (!answer) return show_failure(verb_of(ending), answer.error(), options.client);
  return wait_and_tell({verb_of(ending), ending == Ending::kCancel}, **link, *job, options.client);
}

}  // namespace

int end_job(Ending ending, const JobOptions& options) {
  if (options.wait) return end_and_wait(ending, options);
  const auto answer = answer_or_status(verb_of(ending), options.client, request_for(ending, options.job, options.drain),
                                       proto::Answer::kDone);
  if (const int* status = std::get_if<int>(&answer)) return *status;
  const int status = show_done(std::get<proto::Answer>(answer), options.client);
  say_next(client_command("status", options.job, options.client.coordinator));
  return status;
}

}  // namespace penstock::tools
