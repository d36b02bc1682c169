#include "tests/sim/dataflow/site.h"

#include <fmt/core.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <filesystem>

#include "operators/builtin.h"
#include "proto/messages.h"
#include "runtime/channel/control_client.h"
#include "runtime/coordinator/coordinator.h"
#include "runtime/worker/process_usage.h"
#include "runtime/worker/worker_process.h"

namespace penstock::worker {
/// The machine's figures would differ from run to run.
Usage process_usage() { return {}; }
}  // namespace penstock::worker

namespace penstock::sim {
namespace {

constexpr base::Micros kFaultsFor = 2'500'000;
constexpr base::Micros kSettledAfter = 120'000'000;  ///< Every deadline has passed by then.
constexpr base::Micros kAskEvery = 200'000;
constexpr const char* kAddress = "tcp://127.0.0.1:7461";

/// What the product logs, among the rest of the trace.
class TraceSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit TraceSink(std::function<void(const std::string&)> to) : to_(std::move(to)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& line) override { to_(fmt::format("{}", line.payload)); }
  void flush_() override {}
  std::function<void(const std::string&)> to_;
};

coordinator::Timing short_timing() {
  coordinator::Timing timing;
  timing.deploy_step = 4'000'000;
  timing.stuck_stop = 4'000'000;
  timing.take_down = 3'000'000;
  timing.keep_lost = 2'000'000;
  timing.relearn = 2'000'000;
  timing.restart_after = 50'000;
  timing.restart_at_most = 500'000;
  timing.checkpoint_at_most = 3'000'000;
  return timing;
}

}  // namespace

Site::Site(std::uint64_t seed, bool trace, const std::string& directory)
    : kernel_(seed),
      trace_(trace),
      scenario_(drawn_scenario(kernel_.random())),
      network_(kernel_),
      disk_(kernel_, directory),
      oracle_(scenario_, disk_, [this](const std::string& what) { broken(what); }) {
  network_.faults = scenario_.network;
  network_.watcher = &oracle_;
  disk_.faults = scenario_.disk;
  // A coordinator that could not sync its journal goes on from the same file when it is started again, and a power cut
  // may take away what that file seemed to hold.
  disk_.faults.spared = disk_.root() + "/journal/";
  disk_.watcher = &oracle_;
  disk_.tell = [this](const std::string& what) { this->trace(what); };
  for (const char* name : {"/store", "/out"}) std::filesystem::create_directories(disk_.root() + name);
  auto sink = std::make_shared<TraceSink>([this](const std::string& line) {
    this->trace(fmt::format("[{}] {}", Kernel::in_fiber() != nullptr ? kernel_.process().name : "", line));
  });
  spdlog::set_default_logger(std::make_shared<spdlog::logger>("sim", sink));
  spdlog::set_level(spdlog::level::debug);  // Also without a trace: a line takes its time.
}

void Site::broken(const std::string& what) {
  if (outcome_.broken.empty())
    outcome_.broken = fmt::format("at {:.6f} s: {}", static_cast<double>(kernel_.now()) / 1e6, what);
  trace("BROKEN " + what);
}

void Site::trace(const std::string& text) {
  if (trace_) fmt::print("{:10.6f} {}\n", static_cast<double>(kernel_.now()) / 1e6, text);
}

Outcome Site::run() {
  trace(scenario_.text_of());
  start_coordinator();
  for (int i = 1; i <= scenario_.workers; ++i) start_worker(i);
  start("client", [this](Process&) { submit(); });
  kernel_.after(kernel_.random().between(0, scenario_.mishap_every), [this] { mishap(); });
  const base::Micros begin = kernel_.now();
  kernel_.after(kFaultsFor, [this] { calm_down(); });
  kernel_.run_until(begin + kSettledAfter, [this] { return over_ || !outcome_.broken.empty(); });
  if (outcome_.broken.empty() && !over_) broken("I6: the job does not come to its end, though all faults have stopped");
  if (outcome_.broken.empty()) end_in_good_order();
  end_all();
  outcome_.changes_lost = disk_.lost();
  outcome_.parts = oracle_.shown();
  return outcome_;
}

// --- processes

Process& Site::start(const std::string& name, std::function<void(Process&)> body) {
  processes_.push_back(std::make_unique<Process>());
  Process& process = *processes_.back();
  process.name = name;
  process.lifeline = kernel_.make_event();
  process.stop = kernel_.make_event();
  trace(name + " starts");
  kernel_.spawn(process, [body = std::move(body), &process] { body(process); });
  return process;
}

void Site::start_worker(int number) {
  start(fmt::format("w{}", number), [this](Process& process) {
    channel::TransportContext transport(1);
    worker::WorkerOptions options;
    options.self.set_worker(process.name);
    options.self.set_host("sim");
    options.self.set_slots(static_cast<std::uint32_t>(scenario_.slots));
    options.self.set_memory_bytes(scenario_.memory_bytes);
    options.self.set_data_address("tcp://" + process.name);
    options.coordinator = kAddress;
    options.state_directory = disk_.root() + "/" + process.name;
    options.state_memory = scenario_.state_memory;
    options.stop_descriptor = process.stop;
    options.lifeline_descriptor = process.lifeline;
    auto worker = worker::WorkerProcess::start(transport, operators::builtin_registry(), options);
    if (!worker) return broken("a worker does not start: " + worker.error().text);
    const auto ended = (*worker)->run();
    if (!ended && !process.dead) trace(process.name + " ends: " + ended.error().text);
  });
}

void Site::start_coordinator() {
  start("coordinator", [this](Process& process) {
    channel::TransportContext transport(1);
    coordinator::CoordinatorOptions options;
    options.address = kAddress;
    options.timing = short_timing();
    options.directory = disk_.root() + "/journal";
    options.checkpoints = "file://" + disk_.root() + "/store";
    auto coordinator = coordinator::Coordinator::bind(transport, options);
    if (!coordinator) {
      const bool faulty = process.dead || !calm_;
      return faulty ? trace("a coordinator does not start: " + coordinator.error().text)
                    : broken("a coordinator does not start: " + coordinator.error().text);
    }
    const auto ended = (*coordinator)->run(process.lifeline);
    if (!ended && !process.dead) trace("the coordinator ends: " + ended.error().text);
  });
}

Process* Site::living(const std::string& name) {
  for (const auto& process : processes_)
    if (process->name == name && !process->dead && !process->ended()) return process.get();
  return nullptr;
}

void Site::kill(Process& process) {
  trace("kill " + process.name);
  ++outcome_.deaths;
  process.dead = true;
  kernel_.signal(process.lifeline);
  network_.on_death(process, !calm_ && kernel_.random().chance(0.2));
}

void Site::keep_running() {
  if (ending_) return;
  const auto none_left = [this](const std::string& name) {
    return std::all_of(processes_.begin(), processes_.end(),
                       [&](const auto& process) { return process->name != name || process->ended(); });
  };
  if (none_left("coordinator")) start_coordinator();
  for (int i = 1; i <= scenario_.workers; ++i)
    if (none_left(fmt::format("w{}", i))) start_worker(i);
}

// --- what befalls them

void Site::mishap() {
  if (calm_ || over_) return;
  Random& random = kernel_.random();
  Process* worker = living(fmt::format("w{}", random.between(1, scenario_.workers)));
  Process* coordinator = living("coordinator");
  const std::int64_t kind = random.between(0, 99);
  if (kind < 25 && worker != nullptr) {
    kill(*worker);
  } else if (kind < 40 && worker != nullptr) {
    kill(*worker);
    power_cut(worker->name);
  } else if (kind < 50) {
    for (const auto& process : processes_)
      if (process->name != "client" && !process->dead && !process->ended()) kill(*process);
    power_cut("");
  } else if (kind < 62 && coordinator != nullptr) {
    kill(*coordinator);
    if (random.chance(0.5)) power_cut(coordinator->name);
  } else if (kind < 85 && worker != nullptr) {
    worker->frozen_until = kernel_.now() + random.between(5'000, random.chance(0.5) ? 100'000 : 1'500'000);
    ++outcome_.freezes;
    trace("freeze " + worker->name);
  } else {
    trace("a connection breaks");
    network_.cut_one();
  }
  kernel_.after(random.between(0, 800'000), [this] { keep_running(); });
  kernel_.after(random.between(1, scenario_.mishap_every), [this] { mishap(); });
}

/// Of one machine, or of all.
void Site::power_cut(const std::string& name) {
  trace("power cut " + name);
  disk_.lose_unsynced([&](const Process* process) { return name.empty() || process->name == name; });
  oracle_.after_power_cut();
}

void Site::calm_down() {
  calm_ = true;
  trace("faults stop");
  network_.faults = {};
  disk_.faults = {};
  for (const auto& process : processes_) process->frozen_until = std::min(process->frozen_until, kernel_.now());
  for (int i = 0; i < 60; ++i) kernel_.after(i * 1'000'000, [this] { keep_running(); });
}

// --- the client

void Site::submit() {
  channel::TransportContext transport(1);
  auto client = channel::ControlClient::connect(transport, kAddress, {});
  proto::Request submit;
  submit.set_id(1);
  submit.mutable_submit()->set_file("sim.yaml");
  submit.mutable_submit()->set_topology(scenario_.topology(disk_.root() + "/out"));
  submit.mutable_submit()->set_key(kernel_.random().next() | 1);
  proto::Request look;
  look.set_id(2);
  look.mutable_list_jobs();
  while (!over_ && !kernel_.process().dead) {
    ask(**client, job_ == 0 ? submit : look);
    kernel_.take_time(kAskEvery);
    while (const auto bytes = (*client)->receive())
      if (const auto envelope = proto::decode(*bytes); envelope && envelope->has_answer()) hear(envelope->answer());
  }
}

void Site::ask(channel::ControlClient& client, const proto::Request& request) {
  proto::Envelope envelope;
  *envelope.mutable_request() = request;
  client.send(proto::encode(envelope));
}

void Site::hear(const proto::Answer& answer) {
  if (answer.has_error() && !over_) {
    const std::string& code = answer.error().code();
    const bool cannot_yet =
        code == "cannot_place" || code == "relearning" || code == "checkpoint_write_failed" || code == "disk_full";
    if (calm_ && !cannot_yet) broken("a request is refused: " + code + ": " + answer.error().text());
    trace("refused: " + code + ": " + answer.error().text());
  }
  if (answer.has_submitted()) job_ = answer.submitted().job();
  for (const proto::JobSummary& job : answer.jobs().jobs()) {
    outcome_.attempts = std::max(outcome_.attempts, job.attempt());
    if (job.state() != proto::FINISHED && job.state() != proto::JOB_FAILED) continue;
    over_ = true;
    outcome_.job_failed = job.state() == proto::JOB_FAILED;
    if (outcome_.job_failed) trace("the job has failed: " + job.cause().code() + ": " + job.cause().text());
  }
}

// --- the end

/// I9: whoever is told to end does, and leaves nothing behind.
void Site::end_in_good_order() {
  keep_running();  // Workers wait for the coordinator's word.
  ending_ = true;
  calm_down();
  trace("the job is over");
  const base::Micros begin = kernel_.now();
  const auto workers_ended = [this] {
    return std::all_of(processes_.begin(), processes_.end(), [](const auto& process) {
      return process->ended() || process->name == "coordinator" || process->name == "client";
    });
  };
  kernel_.run_until(begin + 2'000'000, [] { return false; });
  for (const auto& process : processes_) kernel_.signal(process->stop);
  kernel_.run_until(begin + 30'000'000, [&] { return workers_ended() || !outcome_.broken.empty(); });
  if (!workers_ended()) broken("I9: a worker does not end");
  outcome_.job_failed ? oracle_.check_not_more() : oracle_.check_finished(outcome_.deaths + outcome_.freezes == 0);
}

/// I9 again: nothing of a process outlives it.
void Site::end_all() {
  ending_ = over_ = calm_ = true;
  for (const auto& process : processes_) {
    process->dead = true;
    kernel_.signal(process->lifeline);
  }
  kernel_.run_until(kernel_.now() + 60'000'000, [this] { return kernel_.fibers() == 0; });
  for (const auto& process : processes_) {
    kernel_.close_event(process->lifeline);
    kernel_.close_event(process->stop);
  }
  if (kernel_.fibers() > 0) broken(fmt::format("I9: {} threads do not end", kernel_.fibers()));
  if (kernel_.events() > 0) broken(fmt::format("I9: {} descriptors are left open", kernel_.events()));
  if (disk_.open_files() > 0) broken(fmt::format("I9: {} files are left open", disk_.open_files()));
}

}  // namespace penstock::sim
