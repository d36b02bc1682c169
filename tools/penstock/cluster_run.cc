#include "tools/penstock/cluster_run.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "proto/messages.h"
#include "runtime/coordinator/coordinator.h"
#include "runtime/worker/event_descriptor.h"
#include "tools/penstock/local_workers.h"
#include "tools/penstock/run_state.h"
#include "tools/penstock/submission.h"
#include "tools/penstock/watched_cluster_job.h"
#include "tools/penstock/worker_keeper.h"

namespace penstock::tools {
namespace {

constexpr const char* kLogHint = "; its log tells more";
constexpr const char* kSubmitHint = "; mend the cause, then:";
constexpr const char* kRunHint = "; mend the cause, then run it again";
/// A process of our own that dies is noticed by its connection; one that is only kept waiting by a busy machine is not
/// to be taken for dead.
constexpr base::Micros kLease = 3'000'000;
constexpr base::Micros kWorkersStart = 20'000'000;
constexpr base::Micros kReplacement = 3'000'000;  // A worker that has died is there again long before.
constexpr std::uint64_t kLeastStateMemory = 1 << 20;

/// A coordinator on a thread of its own, for as long as this lives.
class BackgroundCoordinator {
 public:
  explicit BackgroundCoordinator(std::unique_ptr<coordinator::Coordinator> coordinator)
      : coordinator_(std::move(coordinator)), thread_([this] { static_cast<void>(coordinator_->run(stop_.get())); }) {}
  ~BackgroundCoordinator() {
    stop_.signal();
    thread_.join();
  }
  BackgroundCoordinator(const BackgroundCoordinator&) = delete;
  BackgroundCoordinator& operator=(const BackgroundCoordinator&) = delete;

 private:
  worker::EventDescriptor stop_;
  std::unique_ptr<coordinator::Coordinator> coordinator_;
  std::thread thread_;
};

int slots_for(const topology::Plan& plan, const ClusterRun& how) {
  if (how.slots > 0) return how.slots;
  int most = 1;
  for (const topology::PlanChain& chain : plan.chains) most = std::max(most, chain.parallelism);
  const int cores = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  return std::clamp((most + how.workers - 1) / how.workers, 1, cores);
}

std::vector<std::string> worker_arguments(const topology::Plan& plan, const ClusterRun& how,
                                          const std::string& directory, const std::string& tier) {
  std::vector<std::string> words = {"--data",      how.tcp ? "tcp://127.0.0.1" : "ipc://" + directory,
                                    "--slots",     std::to_string(slots_for(plan, how)),
                                    "--state",     tier,
                                    "--shared",    directory,
                                    "--log-level", "warn"};
  if (how.state.empty()) words.emplace_back("--nothing-follows");
  if (how.state_memory == 0) return words;
  const std::uint64_t each = how.state_memory / static_cast<std::uint64_t>(how.workers);
  words.insert(words.end(), {"--state-memory", std::to_string(std::max(each, kLeastStateMemory))});
  return words;
}

base::Result<void> start_workers(LocalWorkers& workers, const std::string& coordinator, int count,
                                 std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--coordinator", coordinator});
  for (int i = 1; i <= count; ++i)
    if (auto started = workers.start(fmt::format("worker-{}", i), arguments); !started) return started;
  return {};
}

/// Until all have registered.
base::Result<void> await_workers(CoordinatorLink& link, WorkerKeeper& keeper, int count) {
  const base::Micros until = base::steady_now() + kWorkersStart;
  for (;;) {
    proto::Request request;
    request.mutable_list_workers();
    auto answer = link.ask(std::move(request), proto::Answer::kWorkers);
    if (!answer) return tl::unexpected(answer.error());
    const auto& known = answer->workers().workers();
    const auto is_here = [](const auto& worker) { return worker.state() == proto::WorkerSummary::ACTIVE; };
    if (std::count_if(known.begin(), known.end(), is_here) >= count) return {};
    if (auto alive = keeper.revive(); !alive) return alive;
    if (base::steady_now() > until)
      return base::fail("workers_silent", "the worker processes did not register in time", {},
                        base::Origin::kEnvironment);
    poll(nullptr, 0, 2);
  }
}

base::Result<std::uint64_t> submit(CoordinatorLink& link, const LoadedFile& file, const TopologyOptions& topology) {
  std::error_code ignored;
  auto submission = submission_of(file, topology, std::filesystem::current_path(ignored));
  if (!submission) return tl::unexpected(submission.error());
  submission->submit.clear_files();               // The workers stand in the same directory.
  submission->submit.set_allow_state_loss(true);  // RunState has looked.
  proto::Request request;
  *request.mutable_submit() = std::move(submission->submit);
  auto answer = link.ask(std::move(request), proto::Answer::kSubmitted);
  if (!answer) return tl::unexpected(answer.error());
  return answer->submitted().job();
}

/// The cause as a job in this process would have it: what to do on a cluster is not what to do here.
std::optional<base::Error> cause_of(const WatchedClusterJob& job) {
  if (job.link_error()) return job.link_error();
  if (job.status().job().state() != proto::JOB_FAILED) return std::nullopt;
  base::Error error = proto::from_proto(job.status().job().cause());
  if (const std::size_t hint = error.text.find(kLogHint); hint != std::string::npos)
    error.text.erase(hint, std::string_view(kLogHint).size());
  if (error.code == "restarts_without_progress")
    error.text.replace(std::min(error.text.size(), error.text.find(kSubmitHint)), std::string::npos, kRunHint);
  return error;
}

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double cpu_seconds_of_children() {
  rusage used{};
  getrusage(RUSAGE_CHILDREN, &used);
  return seconds_of(used.ru_utime) + seconds_of(used.ru_stime);
}

/// Without a directory of the user's, in the private one, wherever the topology would keep it.
base::Result<RunState> open_state(topology::Plan plan, const ClusterRun& how, const std::string& directory) {
  if (!how.state.empty()) return RunState::open(how.state, plan, {how.allow_state_loss, true});
  plan.checkpoint_store.clear();
  return RunState::open(directory + "/state", plan, {false, true});
}

coordinator::CoordinatorOptions coordinator_options(const std::string& directory, const RunState& state) {
  coordinator::CoordinatorOptions options;
  options.quiet = true;
  options.timing.lease = kLease;
  options.timing.replacement = kReplacement;
  options.address = "ipc://" + directory + "/control";
  options.own = state.resumption();
  return options;
}

/// The job on its way, watched to its end.
base::Result<RunOutcome> run_job(CoordinatorLink& link, LocalWorkers& workers, const LoadedFile& file,
                                 const TopologyOptions& topology, const ClusterRun& how,
                                 const std::function<void(WatchedJob&)>& watch) {
  WorkerKeeper keeper(workers, link);
  if (auto there = await_workers(link, keeper, how.workers); !there) return tl::unexpected(there.error());
  const auto job = submit(link, file, topology);
  if (!job) return tl::unexpected(job.error());
  WatchedClusterJob watched(link, *job, keeper, !how.state.empty());
  watch(watched);
  RunOutcome outcome;
  outcome.name = file.plan.name;
  outcome.error = cause_of(watched);
  outcome.job = watched.snapshot();
  outcome.suspended = watched.suspended();
  return outcome;
}

base::Result<RunOutcome> run(const LoadedFile& file, const TopologyOptions& topology, const ClusterRun& how,
                             const std::function<void(WatchedJob&)>& watch) {
  auto directory = PrivateDirectory::make();
  if (!directory) return tl::unexpected(directory.error());
  auto state = open_state(file.plan, how, directory->path());
  if (!state) return tl::unexpected(state.error());
  if (state->finished()) {
    say_finished(file.plan.name, *state);
    return outcome_of_finished(file.plan);
  }
  say_restored(*state);
  channel::TransportContext transport(1);
  const auto options = coordinator_options(directory->path(), *state);
  auto bound = coordinator::Coordinator::bind(transport, options);
  if (!bound) return tl::unexpected(bound.error());
  // Outlive the coordinator, which would report each of them lost.
  LocalWorkers workers(how.program, state->lock());
  const BackgroundCoordinator serving(std::move(*bound));
  if (auto started = start_workers(workers, options.address, how.workers,
                                   worker_arguments(file.plan, how, directory->path(), state->tier_directory()));
      !started)
    return tl::unexpected(started.error());
  if (how.started) how.started(workers.processes());
  CoordinatorOptions ours;
  ours.address = options.address;
  auto link = CoordinatorLink::open(ours);
  if (!link) return tl::unexpected(link.error());
  return run_job(**link, workers, file, topology, how, watch);
}

}  // namespace

RunOutcome run_on_workers(const LoadedFile& file, const TopologyOptions& topology, const ClusterRun& how,
                          const std::function<void(WatchedJob&)>& watch) {
  auto outcome = run(file, topology, how, watch);
  if (!outcome) return outcome_of_no_start(file.plan, std::move(outcome.error()));
  outcome->cpu_seconds = cpu_seconds() + cpu_seconds_of_children();
  return std::move(*outcome);
}

}  // namespace penstock::tools
