#include <unistd.h>

#include "tools/penstock/client_verb.h"
#include "tools/penstock/cluster_json.h"
#include "tools/penstock/cluster_words.h"
#include "tools/penstock/exit_status.h"
#include "tools/penstock/screen.h"
#include "tools/penstock/stop_signals.h"
#include "tools/penstock/terminal.h"
#include "tools/penstock/top_view.h"

namespace penstock::tools {
namespace {

constexpr int kRedrawMs = 500;

base::Result<proto::Answer> ask_of(CoordinatorLink& link, void (*fill)(proto::Request&),
                                   proto::Answer::WhatCase expected) {
  proto::Request request;
  fill(request);
  return link.ask(std::move(request), expected);
}

/// A job may be forgotten between the list and the question; it is left out then.
base::Result<void> look_at_running(CoordinatorLink& link, ClusterLook& look) {
  for (const proto::JobSummary& job : look.jobs.jobs()) {
    if (is_over(job.state())) continue;
    proto::Request request;
    request.mutable_status()->set_job(std::to_string(job.job()));
    auto status = link.ask(std::move(request), proto::Answer::kStatus);
    if (status) look.running.push_back(std::move(*status->mutable_status()));
    if (!status && status.error().code != "unknown_job") return tl::unexpected(status.error());
  }
  return {};
}

base::Result<ClusterLook> look_at(CoordinatorLink& link) {
  auto workers = ask_of(
      link, [](proto::Request& it) { it.mutable_list_workers(); }, proto::Answer::kWorkers);
  if (!workers) return tl::unexpected(workers.error());
  auto jobs = ask_of(
      link, [](proto::Request& it) { it.mutable_list_jobs(); }, proto::Answer::kJobs);
  if (!jobs) return tl::unexpected(jobs.error());
  ClusterLook look{link.address(), std::move(*workers->mutable_workers()), std::move(*jobs->mutable_jobs()), {}};
  if (auto running = look_at_running(link, look); !running) return tl::unexpected(running.error());
  return look;
}

Json json_of(const ClusterLook& look) {
  Json running = Json::array();
  for (const proto::JobStatus& status : look.running) running.push_back(as_json(status));
  return {{"coordinator", look.address},
          {"workers", as_json(look.workers)["workers"]},
          {"jobs", as_json(look.jobs)["jobs"]},
          {"running", std::move(running)}};
}

int print_once(CoordinatorLink& link, const TopOptions& options) {
  const auto look = look_at(link);
  if (!look) return show_failure("top", look.error(), options.client);
  return print_result(options.client.json ? document(json_of(*look)) : joined(top_lines(*look, output_width())));
}

int watch(CoordinatorLink& link, const TopOptions& options) {
  StopSignals signals;
  link.interrupt_on(signals.descriptor());
  Screen screen(STDOUT_FILENO);
  while (true) {
    const auto look = look_at(link);
    if (!look && look.error().code == "interrupted") return kDone;
    if (!look) {
      screen.erase();
      return show_failure("top", look.error(), options.client);
    }
    screen.draw(top_lines(*look, screen.width() - 1, screen.height() - 1));
    if (signals.within(kRedrawMs)) return kDone;
  }
}

}  // namespace

int verb_top(const TopOptions& options) {
  auto link = CoordinatorLink::open(options.client.coordinator);
  if (!link) return show_failure("top", link.error(), options.client);
  const bool once = options.once || options.client.json || !is_terminal(STDOUT_FILENO);
  return once ? print_once(**link, options) : watch(**link, options);
}

}  // namespace penstock::tools
