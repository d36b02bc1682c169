#include "bench/harness/engine_run.h"

#include <pthread.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <optional>
#include <variant>

#include "bench/harness/places.h"
#include "operators/builtin.h"
#include "runtime/worker/local_job.h"
#include "tools/penstock/run_state.h"
#include "topology/loader.h"

namespace penstock::bench {
namespace {

constexpr base::Micros kGlanceEvery = 2'000;
constexpr base::Micros kSettle = 500'000;
constexpr base::Micros kLongWait = 3'600'000'000;

std::optional<topology::Plan> load_plan(const EngineJob& job) {
  const std::string path = topology_path(job.topology);
  const std::string text = read_file(path);
  topology::LoadOptions options;
  options.variable = [&job](const std::string& name) -> std::optional<std::string> {
    const auto at = job.variables.find(name);
    return at == job.variables.end() ? std::nullopt : std::optional(at->second);
  };
  options.parallelism = job.parallelism;
  options.chain_keyed_edges = job.chain_keyed_edges;
  auto loaded = topology::load(text, options);
  if (auto* plan = std::get_if<topology::Plan>(&loaded)) return std::move(*plan);
  std::fputs(topology::render(std::get<std::vector<topology::Diagnostic>>(loaded), path, text).c_str(), stderr);
  return std::nullopt;
}

/// What must live as long as the job, in this order.
class Engine {
 public:
  explicit Engine(const EngineJob& job)
      : registry_(job.tally ? registry_with_tally(job.tally) : operators::builtin_registry()), plan_(load_plan(job)) {
    if (!plan_) return;
    worker::JobOptions options;
    options.executors = job.executors;
    if (!job.state.empty() && !keep_state(job, options)) return;
    auto started = worker::LocalJob::start(*plan_, registry_, options);
    if (started) {
      job_ = std::move(*started);
    } else {
      std::fprintf(stderr, "bench: %s: %s\n", job.topology.c_str(), started.error().text.c_str());
    }
  }
  bool running() const { return job_ != nullptr; }
  worker::LocalJob& job() { return *job_; }

 private:
  bool keep_state(const EngineJob& job, worker::JobOptions& options) {
    auto opened = tools::RunState::open(job.state, *plan_, {});
    if (!opened) {
      std::fprintf(stderr, "bench: %s\n", opened.error().text.c_str());
      return false;
    }
    state_.emplace(std::move(*opened));
    state_->give_to(options);
    options.retention.keep = plan_->checkpoint_keep;
    options.checkpoints.memory_bytes = job.state_memory;
    return true;
  }

  api::Registry registry_;
  std::optional<topology::Plan> plan_;
  std::optional<tools::RunState> state_;
  std::unique_ptr<worker::LocalJob> job_;
};

std::uint64_t rows_read(const worker::JobSnapshot& snapshot) {
  std::uint64_t rows = 0;
  for (const auto& node : snapshot.nodes)
    if (node.kind == topology::NodeKind::kSource) rows += node.rows_out;
  return rows;
}

/// Lets `during` watch, and ends the job when that has seen enough.
bool watched_by(const std::function<bool(worker::LocalJob&)>& during, worker::LocalJob& job) {
  const bool good = during(job);
  job.request_cancel();
  while (!job.wait(kLongWait)) {
  }
  const auto error = job.error();
  if (error) std::fprintf(stderr, "bench: the job failed: %s\n", error->text.c_str());
  return good && !error;
}

/// Under `chrt -f` the executors would never let this thread look: it goes before them, for a few microseconds a time.
void go_before_executors() {
  int policy = 0;
  sched_param priority{};
  if (pthread_getschedparam(pthread_self(), &policy, &priority) != 0 || policy != SCHED_FIFO) return;
  ++priority.sched_priority;
  pthread_setschedparam(pthread_self(), policy, &priority);
}

/// Looks at the engine from time to time until it has ended.
SteadyState watch(worker::LocalJob& job, std::uint64_t events) {
  go_before_executors();
  std::optional<std::pair<std::uint64_t, AllocationCount>> half;
  SteadyState steady;
  while (!job.wait(kGlanceEvery)) {
    const AllocationCount now = allocations_so_far();
    const std::uint64_t read = rows_read(job.snapshot());
    if (read * 20 > events * 19) continue;
    if (!half && read * 2 >= events) half.emplace(read, now);
    if (!half || read <= half->first) continue;
    steady.events = read - half->first;
    steady.allocations = {now.own - half->second.own, now.libzmq - half->second.libzmq};
  }
  return steady;
}

bool ended_well(const worker::LocalJob& job, EngineCost& cost) {
  const worker::JobSnapshot last = job.snapshot();
  for (const auto& node : last.nodes) {
    cost.errors += node.errors;
    cost.late += node.late;
  }
  if (last.state == worker::JobState::kFinished) return true;
  const auto error = job.error();
  std::fprintf(stderr, "bench: the job did not finish: %s\n", error ? error->text.c_str() : "no reason given");
  return false;
}

}  // namespace

bool run_engine(const EngineJob& job, EngineCost& cost) {
  leave_this_thread_uncounted();
  const AllocationCount before = allocations_so_far();
  const Stopwatch stopwatch;
  Engine engine(job);
  if (!engine.running()) return false;
  if (job.during) {
    const bool good = watched_by(job.during, engine.job());
    cost.peak_rss_mb = peak_rss_mb();
    return good;
  }
  if (job.watch) cost.steady = watch(engine.job(), job.events);
  while (!engine.job().wait(kLongWait)) {
  }
  cost.cost = stopwatch.elapsed();
  const AllocationCount after = allocations_so_far();
  cost.whole = {after.own - before.own, after.libzmq - before.libzmq};
  cost.peak_rss_mb = peak_rss_mb();
  return ended_well(engine.job(), cost);
}

bool run_idle_engine(const EngineJob& job, double seconds, Cost& cost) {
  Engine engine(job);
  if (!engine.running() || engine.job().wait(kSettle)) return false;
  const Stopwatch stopwatch;
  if (engine.job().wait(static_cast<base::Micros>(seconds * 1e6))) return false;
  cost = stopwatch.elapsed();
  engine.job().request_cancel();
  return engine.job().wait(kLongWait);
}

namespace {
double status_mb(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    double kilobytes = 0;
    if (word == name && status >> kilobytes) return kilobytes / 1024;
  }
  return 0;
}
}  // namespace

double peak_rss_mb() { return status_mb("VmHWM:"); }
double own_memory_mb() { return status_mb("RssAnon:"); }

}  // namespace penstock::bench
