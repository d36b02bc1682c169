#include "tools/penstock/job_watch.h"

#include <fmt/core.h>
#include <unistd.h>

#include "proto/messages.h"
#include "tools/penstock/client_verb.h"
#include "tools/penstock/cluster_json.h"
#include "tools/penstock/cluster_words.h"
#include "tools/penstock/exit_status.h"
#include "tools/penstock/failure.h"
#include "tools/penstock/screen.h"
#include "tools/penstock/terminal.h"
#include "tools/penstock/top_view.h"

namespace penstock::tools {
namespace {

constexpr int kAskEveryMs = 200;

int tell_end(const Waiter& waiter, const proto::JobStatus& status, const ClientOptions& options) {
  const proto::JobSummary& job = status.job();
  const bool well = ended_in_order(job.state()) || (waiter.for_cancel && job.state() == proto::CANCELLED);
  if (options.json) {
    const int printed = print_result(document(as_json(status)));
    return well ? printed : kFailed;
  }
  fmt::print(stderr, "{}\n", headline(job));
  for (const std::string& line : node_lines(status)) fmt::print(stderr, "  {}\n", line);
  if (well) return kDone;
  if (job.has_cause()) fmt::print(stderr, "{}", printable(failure_message(job.name(), proto::from_proto(job.cause()))));
  fmt::print(stderr, "  its log: {}\n", client_command("logs", std::to_string(job.job()), options.coordinator));
  return kFailed;
}

int tell_lost(const Waiter& waiter, std::uint64_t job, const base::Error& error, const ClientOptions& options) {
  const std::string number = std::to_string(job);
  if (error.code == "interrupted") {
    fmt::print(stderr, "job {} goes on\n  next: {}\n", job, client_command("stop", number, options.coordinator));
    return kFailed;
  }
  const int status = show_failure(waiter.verb, error, options);
  if (!options.json && error.code != "unknown_job")
    fmt::print(stderr, "job {} may still be running; ask again with {}\n", job,
               client_command("status", number, options.coordinator));
  return status;
}

int tell(const Waiter& waiter, std::uint64_t job, const base::Result<proto::JobStatus>& end,
         const ClientOptions& options) {
  return end ? tell_end(waiter, *end, options) : tell_lost(waiter, job, end.error(), options);
}

}  // namespace

base::Result<proto::JobStatus> until_over(CoordinatorLink& link, std::uint64_t job, StopSignals& signals,
                                          const std::function<void(const proto::JobStatus&)>& seen) {
  link.interrupt_on(signals.descriptor());
  while (true) {
    proto::Request request;
    request.mutable_status()->set_job(std::to_string(job));
    auto answer = link.ask(std::move(request), proto::Answer::kStatus);
    if (!answer) return tl::unexpected(answer.error());
    if (is_over(answer->status().job().state())) return std::move(*answer->mutable_status());
    seen(answer->status());
    if (signals.within(kAskEveryMs)) return base::fail("interrupted", "interrupted");
  }
}

int wait_and_tell(const Waiter& waiter, CoordinatorLink& link, std::uint64_t job, const ClientOptions& options) {
  StopSignals signals;
  return tell(waiter, job, until_over(link, job, signals, [](const proto::JobStatus&) {}), options);
}

int attach_and_tell(const Waiter& waiter, CoordinatorLink& link, std::uint64_t job, const ClientOptions& options) {
  StopSignals signals;
  Screen screen(STDERR_FILENO);
  const bool shown = is_terminal(STDERR_FILENO);
  const auto show = [&](const proto::JobStatus& status) {
    if (!shown) return;
    Lines lines = attached_lines(status, screen.width() - 1, screen.height() - 2);
    lines.emplace_back("Ctrl-C leaves the job running");
    screen.draw(lines);
  };
  const auto end = until_over(link, job, signals, show);
  if (shown) screen.erase();
  const int status = tell(waiter, job, end, options);
  return !end && end.error().code == "interrupted" ? kDone : status;
}

}  // namespace penstock::tools
