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
#include "tools/penstock/submission.h"
#include "tools/penstock/watched_cluster_job.h"

namespace penstock::tools {
namespace {

constexpr const char* kLogHint = "; its log tells more";
/// A process of our own that dies is noticed by its connection; one that is only kept waiting by a busy machine is not
/// to be taken for dead.
constexpr base::Micros kLease = 3'000'000;
constexpr base::Micros kWorkersStart = 20'000'000;

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

base::Result<void> start_workers(LocalWorkers& workers, const std::string& directory, const std::string& coordinator,
                                 int slots, const ClusterRun& how) {
  for (int i = 1; i <= how.workers; ++i) {
    const std::string name = fmt::format("worker-{}", i);
    const std::string data = how.tcp ? "tcp://127.0.0.1" : "ipc://" + directory;
    if (auto started = workers.start(name, {"--coordinator", coordinator, "--data", data, "--slots",
                                            std::to_string(slots), "--shared", directory, "--log-level", "warn"});
        !started)
      return started;
  }
  return {};
}

/// Until all have registered.
base::Result<void> await_workers(CoordinatorLink& link, LocalWorkers& workers) {
  const base::Micros until = base::steady_now() + kWorkersStart;
  for (;;) {
    proto::Request request;
    request.mutable_list_workers();
    auto answer = link.ask(std::move(request), proto::Answer::kWorkers);
    if (!answer) return tl::unexpected(answer.error());
    const auto& known = answer->workers().workers();
    if (static_cast<std::size_t>(known.size()) >= workers.count()) return {};
    if (const auto dead = workers.obituaries(); !dead.empty())
      return base::fail("worker_ended", fmt::format("{} before the job began", dead.front()), {},
                        base::Origin::kEnvironment);
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
  submission->submit.clear_files();  // The workers stand in the same directory.
  proto::Request request;
  *request.mutable_submit() = std::move(submission->submit);
  auto answer = link.ask(std::move(request), proto::Answer::kSubmitted);
  if (!answer) return tl::unexpected(answer.error());
  return answer->submitted().job();
}

/// The cause as a job in this process would have it; a worker's death with how it died.
std::optional<base::Error> cause_of(const WatchedClusterJob& job, LocalWorkers& workers) {
  if (job.link_error()) return job.link_error();
  if (job.status().job().state() != proto::JOB_FAILED) return std::nullopt;
  base::Error error = proto::from_proto(job.status().job().cause());
  // What to do on a cluster is not what to do here.
  if (error.code == "worker_lost") error.text.resize(std::min(error.text.size(), error.text.find(kLogHint)));
  for (const std::string& dead : workers.obituaries()) error.text += "; " + dead;
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

base::Result<RunOutcome> run(const LoadedFile& file, const TopologyOptions& topology, const ClusterRun& how,
                             const std::function<void(WatchedJob&)>& watch) {
  auto directory = PrivateDirectory::make();
  if (!directory) return tl::unexpected(directory.error());
  channel::TransportContext transport(1);
  coordinator::CoordinatorOptions options;
  options.quiet = true;
  options.timing.lease = kLease;
  options.address = "ipc://" + directory->path() + "/control";
  auto bound = coordinator::Coordinator::bind(transport, options);
  if (!bound) return tl::unexpected(bound.error());
  LocalWorkers workers(how.program);  // Outlives the coordinator, which would report each of them lost.
  const BackgroundCoordinator serving(std::move(*bound));
  if (auto started = start_workers(workers, directory->path(), options.address, slots_for(file.plan, how), how);
      !started)
    return tl::unexpected(started.error());
  if (how.started) how.started(workers.processes());
  CoordinatorOptions ours;
  ours.address = options.address;
  auto link = CoordinatorLink::open(ours);
  if (!link) return tl::unexpected(link.error());
  if (auto there = await_workers(**link, workers); !there) return tl::unexpected(there.error());
  const auto job = submit(**link, file, topology);
  if (!job) return tl::unexpected(job.error());
  WatchedClusterJob watched(**link, *job);
  watch(watched);
  RunOutcome outcome;
  outcome.name = file.plan.name;
  outcome.error = cause_of(watched, workers);
  outcome.job = watched.snapshot();
  return outcome;
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
