#include "runtime/worker/local_job.h"

#include <algorithm>
#include <thread>

#include "runtime/base/failpoint.h"
#include "runtime/worker/job_run.h"

namespace penstock::worker {
namespace {

int executors_for(const topology::Plan& plan, int wanted) {
  int tasks = 0;
  for (const topology::PlanChain& chain : plan.chains) tasks += chain.parallelism;
  const int cores = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  return std::clamp(wanted > 0 ? wanted : cores, 1, std::max(tasks, 1));
}

}  // namespace

struct LocalJob::State {
  State(const topology::Plan& plan, const JobOptions& options)
      : run(plan, place_tasks(plan, executors_for(plan, options.executors)), transport,
            RunKey{0, options.checkpoints.run.attempt}, options.checkpoints),
        checkpoints(run, plan, options.retention) {}
  channel::TransportContext transport;
  JobRun run;
  LocalCheckpoints checkpoints;
};

LocalJob::LocalJob(std::unique_ptr<State> state) : state_(std::move(state)) {}
LocalJob::~LocalJob() = default;

base::Result<std::unique_ptr<LocalJob>> LocalJob::start(const topology::Plan& plan, const api::Registry& registry,
                                                        const JobOptions& options) {
  auto state = std::make_unique<State>(plan, options);
  std::optional<RestoredJob> restored;
  if (options.restore) {
    base::failpoint("worker.restore.begun");
    auto loaded = RestoredJob::load(*options.checkpoints.store, *options.restore, plan);
    if (!loaded) return tl::unexpected(loaded.error());
    restored = std::move(*loaded);
    base::failpoint("worker.restore.read");
  }
  state->run.keep_staged(options.checkpoints.store != nullptr);
  if (auto built = state->run.build(registry, restored ? &*restored : nullptr); !built)
    return tl::unexpected(built.error());
  if (auto opened = state->run.open(); !opened) return tl::unexpected(opened.error());
  state->run.start();
  state->checkpoints.start();
  return std::unique_ptr<LocalJob>(new LocalJob(std::move(state)));
}

void LocalJob::request_stop() { state_->run.request_stop(); }
void LocalJob::request_suspend() { state_->checkpoints.request_suspend(); }
bool LocalJob::suspended() const { return state_->checkpoints.suspended(); }
void LocalJob::request_cancel() { state_->run.request_cancel(); }
bool LocalJob::wait(base::Micros timeout_us) {
  const bool over = state_->run.wait(timeout_us);
  if (over) state_->run.settle();
  return over;
}
JobSnapshot LocalJob::snapshot() const { return state_->run.snapshot(); }
std::optional<base::Error> LocalJob::error() const { return state_->run.error(); }
int LocalJob::ended_descriptor() const { return state_->run.ended_descriptor(); }

}  // namespace penstock::worker
