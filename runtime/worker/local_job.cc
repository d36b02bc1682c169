#include "runtime/worker/local_job.h"

#include <poll.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "runtime/worker/executor.h"
#include "runtime/worker/wiring.h"

namespace penstock::worker {
namespace {

int executors_for(const topology::Plan& plan, int wanted) {
  int tasks = 0;
  for (const topology::PlanChain& chain : plan.chains) tasks += chain.parallelism;
  const int cores = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  return std::clamp(wanted > 0 ? wanted : cores, 1, std::max(tasks, 1));
}

std::string next_job_name() {
  static std::atomic<int> counter{0};
  return "job" + std::to_string(counter.fetch_add(1));
}

}  // namespace

/// Members are destroyed in reverse: threads are joined first (stop()), then executors, then what they share.
class LocalJob::State {
 public:
  State(const topology::Plan& plan, int executors) : plan_(&plan), control_(executors) {
    const std::string name = next_job_name();
    for (int i = 0; i < executors; ++i)
      executors_.push_back(std::make_unique<Executor>(std::make_unique<Switchboard>(transport_, name, i, executors),
                                                      control_, blocking_));
  }
  ~State() {
    control_.cancel();
    stop();
  }

  base::Result<void> prepare(const api::Registry& registry) {
    if (auto wired = wire(*plan_, registry, executors_); !wired) return wired;
    for (auto& executor : executors_)
      for (auto& chain : executor->chains()) {
        if (auto opened = chain->open(); !opened) return opened;
        if (const auto error = control_.error()) return tl::unexpected(*error);
      }
    return {};
  }

  void start() {
    started_ = base::steady_now();
    for (auto& executor : executors_) threads_.emplace_back([this, &executor] { body(*executor); });
  }

  /// The only place that says in which order things end: executor threads, then the blocking thread, then the sinks of
  /// a job that did not finish. May be called twice.
  void stop() {
    for (auto& executor : executors_) executor->signal();
    for (std::thread& thread : threads_)
      if (thread.joinable()) thread.join();
    if (control_.cancelled() && !succeeded_) blocking_.forget_waiting();  // Nothing more is published.
    blocking_.stop();
    if (aborted_ || !control_.cancelled() || succeeded_) return;
    aborted_ = true;
    for (auto& executor : executors_) executor->abort_chains();
  }

  void signal_all() {
    for (auto& executor : executors_) executor->signal();
  }

  bool wait(base::Micros timeout_us) {
    if (joined_) return true;
    pollfd ended{control_.ended().get(), POLLIN, 0};
    timespec timeout{timeout_us / 1'000'000, (timeout_us % 1'000'000) * 1000};
    if (ppoll(&ended, 1, timeout_us == base::kEndOfTime ? nullptr : &timeout, nullptr) <= 0) return false;
    ended_at_ = base::steady_now();
    succeeded_ = !control_.cancelled();
    stop();
    joined_ = true;
    return true;
  }

  JobSnapshot snapshot() const;
  JobControl& control() { return control_; }
  const JobControl& control() const { return control_; }

 private:
  void body(Executor& executor) {
    executor.run();
    signal_all();
    control_.thread_left(static_cast<int>(executors_.size()));
  }
  JobState state() const;
  void add_node(std::vector<NodeSnapshot>& nodes, const task::Node& node) const;
  void add_task(std::vector<NodeSnapshot>& nodes, const Executor& executor, std::size_t task) const;

  const topology::Plan* plan_;
  JobControl control_;
  BlockingThread blocking_;
  channel::TransportContext transport_;
  std::vector<std::unique_ptr<Executor>> executors_;
  std::vector<std::thread> threads_;
  base::Micros started_ = 0, ended_at_ = 0;
  bool aborted_ = false, succeeded_ = false;
  std::atomic<bool> joined_{false};  // Set last: what is plain above may be read by other threads from then on.
};

JobState LocalJob::State::state() const {
  if (!joined_) return control_.stop_requested() ? JobState::kStopping : JobState::kRunning;
  if (control_.error()) return JobState::kFailed;
  return succeeded_ && !control_.stop_requested() ? JobState::kFinished : JobState::kStopped;
}

void LocalJob::State::add_node(std::vector<NodeSnapshot>& nodes, const task::Node& node) const {
  const auto at =
      std::find_if(nodes.begin(), nodes.end(), [&](const auto& known) { return known.name == node.plan().name; });
  if (at == nodes.end()) return;
  const api::Counters& counted = node.counted();
  at->rows_in += counted.rows_in.get();
  at->rows_out += counted.rows_out.get();
  at->passed += counted.passed.get();
  at->filtered += counted.filtered.get();
  at->absorbed += counted.absorbed.get();
  at->late += counted.late.get();
  at->errors += counted.errors.get();
  at->dropped += counted.dropped.get();
  if (const base::Micros shown = node.shown_watermark(); shown != base::kNoTime)
    at->watermark = at->watermark ? std::min(*at->watermark, shown) : shown;
  if (!joined_) return;
  for (const auto& [code, rows] : node.errors_by_code()) {
    const auto known = std::find_if(at->errors_by_code.begin(), at->errors_by_code.end(),
                                    [&, key = code](const auto& e) { return e.code == key; });
    if (known == at->errors_by_code.end())
      at->errors_by_code.push_back({code, rows});
    else
      known->rows += rows;
  }
}

void LocalJob::State::add_task(std::vector<NodeSnapshot>& nodes, const Executor& executor, std::size_t task) const {
  const task::Chain& chain = *executor.chains()[task];
  chain.for_each_edge([&](task::Node&, task::EdgeWriter& edge) {
    NodeSnapshot& consumer = nodes[static_cast<std::size_t>(edge.consumer())];
    for (const auto* channel : edge.channels()) consumer.queued_bytes += channel->shown_bytes();
  });
  for (const auto& node : chain.nodes()) {
    add_node(nodes, *node);
    for (NodeSnapshot& shown : nodes) {
      if (shown.name != node->plan().name) continue;
      shown.blocked = shown.blocked || executor.is_held(task);
      shown.ended = shown.ended && executor.has_ended(task);
    }
  }
}

JobSnapshot LocalJob::State::snapshot() const {
  JobSnapshot snapshot;
  snapshot.state = state();
  snapshot.seconds = static_cast<double>((joined_ ? ended_at_ : base::steady_now()) - started_) / 1e6;
  for (const topology::PlanNode& node : plan_->nodes) {
    NodeSnapshot& shown = snapshot.nodes.emplace_back();
    shown.name = node.name;
    shown.verb = node.verb;
    shown.kind = node.kind;
    shown.ended = true;
  }
  for (const auto& executor : executors_)
    for (std::size_t task = 0; task < executor->chains().size(); ++task) add_task(snapshot.nodes, *executor, task);
  return snapshot;
}

LocalJob::LocalJob(std::unique_ptr<State> state) : state_(std::move(state)) {}
LocalJob::~LocalJob() = default;

base::Result<std::unique_ptr<LocalJob>> LocalJob::start(const topology::Plan& plan, const api::Registry& registry,
                                                        const JobOptions& options) {
  auto state = std::make_unique<State>(plan, executors_for(plan, options.executors));
  if (auto prepared = state->prepare(registry); !prepared) return tl::unexpected(prepared.error());
  state->start();
  return std::unique_ptr<LocalJob>(new LocalJob(std::move(state)));
}

void LocalJob::request_stop() {
  state_->control().request_stop();
  state_->signal_all();
}
void LocalJob::request_cancel() {
  state_->control().cancel();
  state_->signal_all();
}
bool LocalJob::wait(base::Micros timeout_us) { return state_->wait(timeout_us); }
JobSnapshot LocalJob::snapshot() const { return state_->snapshot(); }
std::optional<base::Error> LocalJob::error() const { return state_->control().error(); }
int LocalJob::ended_descriptor() const { return state_->control().ended().get(); }

}  // namespace penstock::worker
