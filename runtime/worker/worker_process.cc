#include "runtime/worker/worker_process.h"

#include <fmt/core.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <random>

#include "proto/messages.h"
#include "runtime/base/failpoint.h"
#include "runtime/worker/process_usage.h"

namespace penstock::worker {
namespace {

std::uint64_t fresh_incarnation() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32) | device();
}

proto::Register completed(proto::Register self) {
  self.set_incarnation(fresh_incarnation());
  self.set_process(getpid());
  return self;
}

std::string name_of(JobKey job) { return fmt::format("job {}", job.first); }

}  // namespace

base::Result<std::unique_ptr<WorkerProcess>> WorkerProcess::start(channel::TransportContext& transport,
                                                                  const api::Registry& registry,
                                                                  WorkerOptions options) {
  auto client = channel::ControlClient::connect(transport, options.coordinator, options.security);
  if (!client) return tl::unexpected(client.error());
  std::unique_ptr<WorkerProcess> made(new WorkerProcess(transport, registry, std::move(options), std::move(*client)));
  auto guard = channel::ZapGuard::start(transport, made->admission_);
  if (!guard) return tl::unexpected(guard.error());
  made->guard_ = std::move(*guard);
  return made;
}

WorkerProcess::WorkerProcess(channel::TransportContext& transport, const api::Registry& registry, WorkerOptions options,
                             std::unique_ptr<channel::ControlClient> client)
    : transport_(&transport),
      registry_(&registry),
      options_(std::move(options)),
      client_(std::move(client)),
      agent_(completed(options_.self)) {}

/// Jobs are told to end before the first of them is waited for.
WorkerProcess::~WorkerProcess() {
  for (auto& [key, job] : jobs_) job->cancel(options_.nothing_follows);
}

base::Result<void> WorkerProcess::run() {
  spdlog::info("worker '{}' ({} slots, data at {}) looks for the coordinator at {}", options_.self.worker(),
               options_.self.slots(), options_.self.data_address(), options_.coordinator);
  while (!over_) {
    say_link();
    act(agent_.on_tick(view()));
    if (!over_) wait();
    hear();
    look_at_jobs();
    look_at_stop();
    look_for_hung_executors();
  }
  if (refused_) return tl::unexpected(*refused_);
  return {};
}

AgentView WorkerProcess::view() const {
  AgentView view;
  view.now = base::steady_now();
  for (const auto& [key, job] : jobs_) view.jobs.push_back(job->report());
  view.usage = process_usage();
  return view;
}

void WorkerProcess::wait() {
  std::vector<pollfd> waiting = {{client_->descriptor(), POLLIN, 0},
                                 {options_.stop_descriptor, POLLIN, 0},
                                 {options_.lifeline_descriptor, POLLIN, 0}};
  for (const auto& [key, job] : jobs_) waiting.push_back({job->descriptor(), POLLIN, 0});
  const base::Micros left = std::clamp<base::Micros>(agent_.due() - base::steady_now(), 0, 1'000'000);
  const timespec timeout{left / 1'000'000, (left % 1'000'000) * 1000};
  if (ppoll(waiting.data(), waiting.size(), &timeout, nullptr) <= 0) return;
  if ((waiting[2].revents & (POLLIN | POLLHUP)) != 0) over_ = true;
}

void WorkerProcess::hear() {
  while (const auto bytes = client_->receive()) {
    const auto envelope = proto::decode(*bytes);
    if (envelope)
      act(agent_.on_message(*envelope, view()));
    else if (envelope.error().code == "control_version" && !agent_.registered())
      act({SayRefused{envelope.error(), true}});
    else
      spdlog::warn("the coordinator sent what cannot be read: {}", envelope.error().text);
  }
}

void WorkerProcess::look_at_jobs() {
  bool changed = false;
  for (auto& [key, job] : jobs_) {
    pollfd ready{job->descriptor(), POLLIN, 0};
    if (poll(&ready, 1, 0) <= 0) continue;
    job->clear_changed();
    changed = true;
    const proto::JobReport report = job->report();
    proto::Phase& logged = logged_[key];
    if (logged == report.phase()) continue;
    logged = report.phase();
    if (report.phase() == proto::FAILED)
      // Whoever holds the lifeline tells people.
      spdlog::log(options_.lifeline_descriptor < 0 ? spdlog::level::err : spdlog::level::debug, "{} failed here: {}",
                  name_of(key), report.error().text());
    else if (report.phase() == proto::RUNNING || report.phase() == proto::ENDED)
      spdlog::info("{} {}", name_of(key), report.phase() == proto::RUNNING ? "is running" : "has ended here");
  }
  if (!changed) return;
  base::failpoint("worker.report.due");
  act(agent_.on_jobs_changed(view()));
  base::failpoint("worker.report.sent");
}

void WorkerProcess::look_at_stop() {
  if (base::steady_now() > leave_by_) {
    spdlog::warn("leaving although jobs are still running: they did not end within {} s",
                 options_.drain_timeout / 1'000'000);
    over_ = true;
  }
  pollfd stop{options_.stop_descriptor, POLLIN, 0};
  if (options_.stop_descriptor < 0 || poll(&stop, 1, 0) <= 0) return;
  char signal[256];  // A signalfd_siginfo, whose content does not matter.
  if (read(options_.stop_descriptor, signal, sizeof signal) <= 0) return;
  if (agent_.leaving()) {
    spdlog::warn("told to end a second time: leaving at once");
    over_ = true;
    return;
  }
  leave_by_ = base::steady_now() + options_.drain_timeout;
  spdlog::info("draining: takes no new jobs, and leaves when those it has have ended ({} of them)", jobs_.size());
  act(agent_.on_leave_request(view()));
}

/// A thread cannot be taken down from outside, so the process goes: the job goes on elsewhere, or here when the process
/// is started again.
void WorkerProcess::look_for_hung_executors() {
  const base::Micros now = base::steady_now();
  for (const auto& [key, job] : jobs_) {
    const std::vector<Pulse> pulses = job->pulses();
    const auto hung = watches_.try_emplace(key, options_.hung_after).first->second.look(pulses, now);
    if (!hung) continue;
    spdlog::critical("{} hangs: a step of {} has not ended for {} s; this worker ends, so that the job can go on",
                     name_of(key), pulses[*hung].at_work_on, static_cast<double>(options_.hung_after) / 1e6);
    spdlog::default_logger()->flush();
    std::_Exit(EXIT_FAILURE);
  }
}

void WorkerProcess::say_link() {
  const auto link = client_->link();
  if (link == said_link_) return;
  said_link_ = link;
  if (link == channel::ControlClient::Link::kConnected) act(agent_.on_connected(view()));
  if (link == channel::ControlClient::Link::kRefused)
    spdlog::error("the coordinator at {} does not let this worker in: {}", options_.coordinator,
                  client_->refusal().text);
  else if (link == channel::ControlClient::Link::kConnecting)
    // Whoever holds the lifeline tells people; when it has gone, this process goes too.
    spdlog::log(options_.lifeline_descriptor < 0 ? spdlog::level::warn : spdlog::level::debug,
                "no connection to the coordinator at {}; trying on", options_.coordinator);
}

void WorkerProcess::act(AgentActions actions) {
  for (const AgentAction& action : actions) std::visit([this](const auto& one) { (*this)(one); }, action);
}

void WorkerProcess::operator()(const SendToCoordinator& action) {
  client_->send(proto::encode(action.envelope));
  if (action.envelope.has_register_worker()) base::failpoint("worker.register.sent");
}

void WorkerProcess::operator()(const CreateJob& action) {
  if (jobs_.contains(action.job)) return;
  spdlog::info("{} ('{}') begins here", name_of(action.job), action.assignment.job_name());
  const JobHost host{transport_,
                     registry_,
                     options_.self.data_address(),
                     options_.security.keys,
                     &admission_,
                     options_.state_directory,
                     options_.state_memory};
  auto& job = jobs_[action.job] = std::make_unique<HostedJob>(host, action.job.first, action.job.second);
  job->assign(action.assignment);
}

void WorkerProcess::operator()(const OrderJob& action) {
  HostedJob& job = *jobs_.at(action.job);
  const proto::Directive& directive = action.directive;
  switch (directive.want()) {
    case proto::Directive::CONNECT:
      return job.connect({directive.endpoints().begin(), directive.endpoints().end()});
    case proto::Directive::START:
      return job.start();
    case proto::Directive::STOP:
      return job.stop();
    case proto::Directive::RELEASE:
      return job.release();
    case proto::Directive::CHECKPOINT:
      return job.begin_checkpoint(directive.epoch());
    case proto::Directive::PUBLISH:
      return job.publish(directive.epoch());
    case proto::Directive::FINISH:
      return job.finish();
    case proto::Directive::CANCEL:
      return job.cancel(directive.for_good());
    case proto::Directive::TUNE:
      return job.tune({directive.windows().begin(), directive.windows().end()});
    default:
      return;
  }
}

void WorkerProcess::operator()(const ForgetJob& action) {
  base::failpoint("worker.job.forgotten");
  jobs_.erase(action.job);
  logged_.erase(action.job);
  watches_.erase(action.job);
}

void WorkerProcess::operator()(const SayRegistered& action) {
  spdlog::info("worker '{}' is {} with the coordinator at {}", options_.self.worker(),
               action.again ? "back" : "registered", options_.coordinator);
}

void WorkerProcess::operator()(const SayRefused& action) {
  if (!action.for_good) return spdlog::warn("the coordinator does not take this worker yet: {}", action.error.text);
  refused_ = action.error;
  over_ = true;
}

void WorkerProcess::operator()(const SayCoordinatorSilent&) {
  spdlog::warn("the coordinator at {} is silent; {} job(s) go on", options_.coordinator, jobs_.size());
}

void WorkerProcess::operator()(const Exit&) {
  spdlog::info("worker '{}' leaves", options_.self.worker());
  over_ = true;
}

}  // namespace penstock::worker
