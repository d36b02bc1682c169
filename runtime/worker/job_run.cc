#include "runtime/worker/job_run.h"

#include <poll.h>
#include <spdlog/spdlog.h>

#include <algorithm>

namespace penstock::worker {
namespace {

std::string next_run_name() {
  static std::atomic<int> counter{0};
  return "run" + std::to_string(counter.fetch_add(1));
}

}  // namespace

JobRun::JobRun(const topology::Plan& plan, JobPlace place, channel::TransportContext& transport, RunKey run,
               CheckpointSetup checkpoints)
    : plan_(&plan),
      place_(std::move(place)),
      control_(place_.here.count),
      desk_(std::move(checkpoints), blocking_, [this](base::Error error) { fail(std::move(error)); }) {
  const std::string name = next_run_name();
  for (int i = 0; i < place_.here.count; ++i)
    executors_.push_back(std::make_unique<Executor>(
        std::make_unique<Switchboard>(transport, name, run, place_.here.first + i, place_.here), control_, blocking_,
        desk_));
}

JobRun::~JobRun() {
  control_.cancel();
  stop();
}

base::Result<void> JobRun::build(const api::Registry& registry, const RestoredJob* restored) {
  make_work_file();
  return wire(*plan_, registry, place_, executors_, {&desk_, restored, work_.get()});
}

/// The run goes on without: nobody will be able to tell then which record ended it.
void JobRun::make_work_file() {
  const std::string& path = desk_.setup().work_file;
  if (path.empty()) return;
  std::size_t tasks = 0;
  for (const auto& instances : place_.homes)
    for (const TaskHome& home : instances) tasks += place_.here.holds(home.executor) ? 1 : 0;
  if (auto made = checkpoint::WorkFile::make(path, tasks))
    work_ = std::move(*made);
  else
    spdlog::warn("{}; what ends this process, should a record do so, will not be known", made.error().text);
  if (work_ && desk_.setup().keep_work_file && desk_.setup().one_at_a_time) work_->keep();
}

base::Result<std::vector<std::string>> JobRun::listen(const std::function<std::string(int)>& address_of,
                                                      const channel::InboxSecurity& security) {
  std::vector<std::string> addresses;
  for (auto& executor : executors_) {
    const int number = place_.here.first + static_cast<int>(addresses.size());
    auto bound = executor->board().listen(address_of(number), security);
    if (!bound) return tl::unexpected(bound.error());
    addresses.push_back(std::move(*bound));
  }
  return addresses;
}

base::Result<void> JobRun::connect(const std::vector<std::string>& addresses, channel::LinkWatch& watch,
                                   const std::function<channel::ClientSecurity(int)>& security_towards) {
  for (auto& executor : executors_)
    for (const int peer : executor->board().remote_peers())
      if (auto made = executor->board().mailbox().connect(peer, addresses[static_cast<std::size_t>(peer)], watch,
                                                          security_towards(peer));
          !made)
        return made;
  return {};
}

std::size_t JobRun::links() const {
  std::size_t count = 0;
  for (const auto& executor : executors_) count += executor->board().remote_peers().size();
  return count;
}

base::Result<void> JobRun::open() {
  for (auto& executor : executors_)
    for (auto& chain : executor->chains()) {
      if (auto opened = chain->open(); !opened) return opened;
      if (const auto error = control_.error()) return tl::unexpected(*error);
    }
  return {};
}

void JobRun::start() {
  started_ = base::steady_now();
  for (auto& executor : executors_) threads_.emplace_back([this, &executor] { body(*executor); });
}

void JobRun::body(Executor& executor) {
  executor.run();
  signal_all();
  control_.thread_left(static_cast<int>(executors_.size()));
}

/// The only place that says in which order things end: executor threads, then the blocking thread, then the sinks of
/// a job that did not finish (of one that did: settle()). May be called twice.
void JobRun::stop() {
  signal_all();
  for (std::thread& thread : threads_)
    if (thread.joinable()) thread.join();
  if (control_.cancelled() && !succeeded_) blocking_.forget_waiting();  // Nothing more is published.
  blocking_.stop();
  if (settled_) return;
  settled_ = true;
  for (auto& executor : executors_) {
    if (control_.cancelled() && !succeeded_ && !keeps_staged_) executor->abort_chains();
  }
}

void JobRun::settle() {
  if (!joined_ || !succeeded_) return;
  for (auto& executor : executors_) executor->settle_chains();
}

std::vector<std::unique_ptr<api::Sink>> JobRun::take_sinks() {
  std::vector<std::unique_ptr<api::Sink>> kept;
  stop();
  if (!keeps_staged_ || succeeded_) return kept;
  for (auto& executor : executors_)
    for (auto& chain : executor->chains()) chain->take_sinks(kept);
  return kept;
}

void JobRun::signal_all() {
  for (auto& executor : executors_) executor->signal();
}

void JobRun::request_stop() {
  control_.request_stop();
  signal_all();
}

void JobRun::request_cancel() {
  control_.cancel();
  signal_all();
}

void JobRun::fail(base::Error error) {
  control_.fail(std::move(error));
  signal_all();
}

void JobRun::set_window(std::uint32_t channel, std::uint64_t bytes) {
  for (auto& executor : executors_)
    if (executor->board().in(channel) != nullptr)
      executor->post([channel, bytes](Executor& here) { here.board().in(channel)->set_window(bytes); });
}

void JobRun::begin_checkpoint(std::uint64_t epoch) {
  for (auto& executor : executors_)
    executor->post_to_chains([epoch](task::Chain& chain) { chain.begin_checkpoint(epoch); });
}

void JobRun::publish(std::uint64_t epoch) {
  for (auto& executor : executors_) executor->post_to_chains([epoch](task::Chain& chain) { chain.publish(epoch); });
}

void JobRun::finish() {
  for (auto& executor : executors_) executor->post_to_chains([](task::Chain& chain) { chain.finish(); });
}

std::vector<Pulse> JobRun::pulses() const {
  std::vector<Pulse> all;
  for (const auto& executor : executors_) all.push_back(executor->pulse());
  return all;
}

bool JobRun::wait(base::Micros timeout_us) {
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

}  // namespace penstock::worker
