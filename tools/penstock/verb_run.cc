#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string>

#include "operators/builtin.h"
#include "runtime/checkpoint/input_words.h"
#include "tools/penstock/cluster_run.h"
#include "tools/penstock/exit_status.h"
#include "tools/penstock/failure.h"
#include "tools/penstock/log.h"
#include "tools/penstock/report.h"
#include "tools/penstock/run_state.h"
#include "tools/penstock/run_watch.h"
#include "tools/penstock/summary.h"
#include "tools/penstock/terminal.h"
#include "tools/penstock/topology_file.h"
#include "tools/penstock/verbs.h"

namespace penstock::tools {
namespace {

/// Results that scroll by on the same terminal, also by way of a pipe (`| head`), would tear the view apart.
bool may_reach_the_terminal(int descriptor) {
  struct stat status {};
  return is_terminal(descriptor) || (fstat(descriptor, &status) == 0 && S_ISFIFO(status.st_mode));
}

bool shows_progress(Progress progress, const topology::Plan& plan) {
  if (progress != Progress::kAuto) return progress == Progress::kAlways;
  const bool prints = std::any_of(plan.nodes.begin(), plan.nodes.end(), [](const topology::PlanNode& node) {
    return node.kind == topology::NodeKind::kSink && node.verb == "stdout";
  });
  return is_terminal(STDERR_FILENO) && !(prints && may_reach_the_terminal(STDOUT_FILENO));
}

/// Shows the job until it has ended, and obeys Ctrl-C. True when that cancelled it.
bool watch_to_end(WatchedJob& job, StopSignals& signals, const topology::Plan& plan, const RunOptions& options) {
  Screen screen(STDERR_FILENO);
  LiveView view(plan.name);
  const bool shown = shows_progress(options.progress, plan);
  RunWatch watch(job, signals, view, shown ? &screen : nullptr, is_terminal(STDERR_FILENO));
  const LogAboveScreen log(screen);
  watch.until_ended();
  return watch.cancelled();
}

void say_deaths(const RunState& state, const topology::Plan& plan) {
  const checkpoint::Deaths::AtWork* most = state.deaths().most_suspect();
  if (most == nullptr || most->work.chain >= plan.chains.size()) return;
  const auto& nodes = plan.chains[most->work.chain].nodes;
  if (most->work.node >= nodes.size()) return;
  const auto name = [&](std::size_t position) { return plan.nodes[static_cast<std::size_t>(nodes[position])].name; };
  fmt::print(stderr, "penstock: when {} runs in a row died, at work was {}{}\n", most->times,
             checkpoint::in_words(most->work, name(most->work.node), name(0)),
             checkpoint::inputs_in_words(plan, *most));
  fmt::print(stderr, "penstock: {}\n",
             most->is_the_record() ? "it is this record that ends them: take it away, or mend the node"
                                   : "goes one row at a time until it gets further, to find the record");
}

RunOutcome run_here(const topology::Plan& plan, const RunOptions& options) {
  StopSignals signals;
  worker::JobOptions how;
  how.executors = options.executors;
  std::optional<RunState> state;
  if (!options.state.empty()) {
    auto opened = RunState::open(options.state, plan, {options.allow_state_loss, false});
    if (!opened) return outcome_of_no_start(plan, std::move(opened.error()));
    state.emplace(std::move(*opened));
    if (state->finished()) {
      say_finished(plan.name, *state);
      return outcome_of_finished(plan);
    }
    state->give_to(how);
    how.retention.keep = plan.checkpoint_keep;
    how.checkpoints.memory_bytes = options.state_memory;
    say_restored(*state);
    say_deaths(*state, plan);
  }
  auto job = worker::LocalJob::start(plan, operators::builtin_registry(), how);
  if (!job) return outcome_of_no_start(plan, std::move(job.error()));
  WatchedLocalJob watched(**job, state.has_value());
  const bool cancelled = watch_to_end(watched, signals, plan, options);
  RunOutcome outcome = outcome_of(plan, **job);
  outcome.cancelled = cancelled;
  outcome.suspended = (*job)->suspended();
  outcome.state_directory = options.state;
  return outcome;
}

RunOutcome run_in_processes(const LoadedFile& file, const RunOptions& options) {
  StopSignals signals;
  bool cancelled = false;
  ClusterRun how{options.workers, options.executors, options.tcp};
  how.state = options.state;
  how.allow_state_loss = options.allow_state_loss;
  how.state_memory = options.state_memory;
  RunOutcome outcome = run_on_workers(file, options.topology, how, [&](WatchedJob& job) {
    cancelled = watch_to_end(job, signals, file.plan, options);
  });
  outcome.cancelled = cancelled;
  outcome.state_directory = options.state;
  return outcome;
}

/// Everything but the results goes to standard error. A reader who has left is not told about it.
void show(const RunOutcome& outcome, const RunOptions& options) {
  if (options.json) {
    fmt::print(stderr, "{}", report_json(outcome));
  } else if (!outcome.consumer_left()) {
    if (outcome.started) fmt::print(stderr, "{}", summary(outcome));
    if (outcome.failed()) fmt::print(stderr, "{}", failure_message(outcome.name, *outcome.error));
  }
}

int write_report(const RunOutcome& outcome, const std::string& path) {
  const auto written = write_whole_file(path, report_json(outcome));
  if (written) return outcome.exit_status();
  fmt::print(stderr, "penstock: {} ({})\n", written.error().text, path);
  return kFailed;
}

}  // namespace

int verb_run(const RunOptions& options) {
  const auto loaded = file_or_status(options.topology, options.json);
  if (const int* status = std::get_if<int>(&loaded)) return *status;
  const auto& file = std::get<LoadedFile>(loaded);
  const RunOutcome outcome = options.workers > 0 ? run_in_processes(file, options) : run_here(file.plan, options);
  show(outcome, options);
  const int status = options.report.empty() ? outcome.exit_status() : write_report(outcome, options.report);
  if (status == kDone && !outcome.consumer_left()) say_next(same_options("plan", options.topology));
  return status;
}

}  // namespace penstock::tools
