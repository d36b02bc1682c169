#include "runtime/worker/hosted_job.h"

#include <fmt/core.h>
#include <poll.h>

#include "proto/messages.h"
#include "runtime/base/check.h"
#include "runtime/base/failpoint.h"
#include "runtime/channel/random_name.h"
#include "runtime/worker/assigned_plan.h"
#include "runtime/worker/frame_faults.h"

namespace penstock::worker {

HostedJob::HostedJob(const JobHost& host, std::uint64_t job, std::uint32_t attempt)
    : host_(host), job_(job), attempt_(attempt) {
  shown_.set_job(job);
  shown_.set_attempt(attempt);
  keeper_ = std::thread([this] { keep(); });
}

HostedJob::~HostedJob() {
  cancel();
  keeper_.join();
}

void HostedJob::put(Order order) {
  {
    const std::lock_guard lock(mutex_);
    orders_.push_back(std::move(order));
  }
  ordered_.signal();
}

void HostedJob::assign(proto::Assignment assignment) {
  put({.want = Want::kAssign, .assignment = std::move(assignment)});
}
void HostedJob::connect(std::vector<proto::Endpoint> endpoints) {
  put({.want = Want::kConnect, .endpoints = std::move(endpoints)});
}
void HostedJob::start() { put({.want = Want::kStart}); }
void HostedJob::stop() { put({.want = Want::kStop}); }
void HostedJob::release() { put({.want = Want::kRelease}); }
void HostedJob::cancel(bool for_good) { put({.want = Want::kCancel, .for_good = for_good}); }
void HostedJob::tune(std::vector<proto::ChannelWindow> windows) {
  put({.want = Want::kTune, .windows = std::move(windows)});
}
void HostedJob::begin_checkpoint(std::uint64_t epoch) { put({.want = Want::kCheckpoint, .epoch = epoch}); }
void HostedJob::publish(std::uint64_t epoch) { put({.want = Want::kPublish, .epoch = epoch}); }
void HostedJob::finish() { put({.want = Want::kFinish}); }

proto::Phase HostedJob::phase() const {
  const std::lock_guard lock(mutex_);
  return shown_.phase();
}

void HostedJob::reach(proto::Phase phase) {
  {
    const std::lock_guard lock(mutex_);
    shown_.set_phase(phase);
  }
  changed_.signal();
}

void HostedJob::keep() {
  while (!over_) {
    wait_for_news();
    std::deque<Order> orders;
    {
      const std::lock_guard lock(mutex_);
      orders.swap(orders_);
    }
    for (Order& order : orders) carry_out(order);
    if (watch_)
      for (const auto& event : watch_->take()) on_link(event);
    if (phase() == proto::RUNNING && run_->wait(0)) on_run_ended();
  }
}

void HostedJob::wait_for_news() {
  const bool runs = phase() == proto::RUNNING;
  const int descriptors[3] = {ordered_.get(), runs ? run_->ended_descriptor() : -1, runs ? run_->desk().news() : -1};
  if (watch_) {
    watch_->wait(descriptors, -1);
  } else {
    pollfd waiting[3] = {{descriptors[0], POLLIN, 0}, {descriptors[1], POLLIN, 0}, {descriptors[2], POLLIN, 0}};
    poll(waiting, 3, -1);
  }
  ordered_.clear();
  if (!runs) return;
  pollfd news{run_->desk().news(), POLLIN, 0};
  if (poll(&news, 1, 0) <= 0) return;
  run_->desk().clear_news();
  changed_.signal();
}

void HostedJob::carry_out(Order& order) {
  const proto::Phase now = phase();
  switch (order.want) {
    case Want::kAssign:
      if (now != proto::PHASE_UNKNOWN) return;
      base::failpoint("worker.assign.received");
      if (auto built = build(*order.assignment); !built) return fail(built.error());
      base::failpoint("worker.assign.built");
      return reach(proto::ASSIGNED);
    case Want::kConnect:
      if (now != proto::ASSIGNED || watch_) return;
      base::failpoint("worker.connect.received");
      if (auto opened = open_channels(order.endpoints); !opened) return fail(opened.error());
      base::failpoint("worker.connect.begun");
      return open_when_connected();
    case Want::kStart:
      if (now != proto::CONNECTED) return;
      base::failpoint("worker.start.received");
      run_->start();
      base::failpoint("worker.start.done");
      return reach(proto::RUNNING);
    case Want::kRelease:
      if (now != proto::ENDED) return;
      base::failpoint("worker.release.received");
      run_->settle();
      return take_down(proto::RELEASED);
    case Want::kCancel:
      base::failpoint("worker.cancel.received");
      if (run_ && order.for_good) run_->keep_staged(false);
      if (order.for_good)
        for (auto& sink : sinks_) sink->abort();
      sinks_.clear();
      return take_down(proto::RELEASED);
    default:
      if (now == proto::RUNNING) carry_out_while_running(order);
  }
}

void HostedJob::carry_out_while_running(const Order& order) {
  switch (order.want) {
    case Want::kStop: {
      run_->request_stop();
      const std::lock_guard lock(mutex_);
      return shown_.set_stopping(true);
    }
    case Want::kTune:
      for (const proto::ChannelWindow& window : order.windows) run_->set_window(window.channel(), window.bytes());
      return;
    case Want::kCheckpoint: {
      {
        const std::lock_guard lock(mutex_);
        if (order.epoch <= begun_) return;
        begun_ = order.epoch;
      }
      base::failpoint("worker.checkpoint.received");
      return run_->begin_checkpoint(order.epoch);
    }
    case Want::kPublish:
      base::failpoint("worker.publish.received");
      return run_->publish(order.epoch);
    case Want::kFinish: {
      base::failpoint("worker.finish.received");
      run_->finish();
      const std::lock_guard lock(mutex_);
      return shown_.set_finishing(true);
    }
    default:
      return;
  }
}

base::Result<void> HostedJob::build(const proto::Assignment& assignment) {
  auto plan = assigned_plan(assignment, tables_);
  if (!plan) return tl::unexpected(plan.error());
  auto place = assigned_place(assignment, **plan);
  if (!place) return tl::unexpected(place.error());
  plan_ = std::move(*plan);
  place_ = std::move(*place);
  auto checkpoints = HostedCheckpoints::open(assignment.checkpoints(), attempt_, *plan_, host_.state_directory);
  if (!checkpoints) return tl::unexpected(checkpoints.error());
  checkpoints_ = std::move(*checkpoints);
  checkpoints_.setup.memory_bytes = host_.state_memory;
  checkpoints_.setup.one_at_a_time = assignment.one_at_a_time();
  checkpoints_.setup.keep_work_file = true;
  if (const auto& store = checkpoints_.setup.store)
    checkpoints_.setup.work_file = store->work_file(checkpoints_.setup.run.job, attempt_,
                                                    assignment.workers(static_cast<int>(assignment.self())).worker());
  const RunKey key{static_cast<std::uint32_t>(job_), attempt_};
  auto run = std::make_unique<JobRun>(*plan_, place_, *host_.transport, key, checkpoints_.setup);
  run->keep_staged(checkpoints_.setup.store != nullptr);
  if (auto built = run->build(*host_.registry, checkpoints_.restored ? &*checkpoints_.restored : nullptr); !built)
    return built;
  if (auto admitted = admit_peers(assignment); !admitted) return admitted;
  const bool tcp = host_.data_address.starts_with("tcp:");
  auto bound = run->listen(
      [&](int executor) {
        return tcp ? host_.data_address + ":0"
                   : fmt::format("{}/{}-{}-{}", host_.data_address, job_, attempt_, executor);
      },
      {host_.keys, host_.admission == nullptr ? "" : channel::data_domain(job_, attempt_)});
  if (!bound) return tl::unexpected(bound.error());
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < bound->size(); ++i) {
    proto::Endpoint& endpoint = *shown_.add_endpoints();
    endpoint.set_worker(assignment.self());
    endpoint.set_executor(static_cast<std::uint32_t>(i));
    endpoint.set_address((*bound)[i]);
    endpoint.set_token(token_);
  }
  run_ = std::move(run);
  return {};
}

/// The doors of this job's inboxes open for the keys of its workers, and for no others; without keys for a token that
/// only they are told, by the coordinator.
base::Result<void> HostedJob::admit_peers(const proto::Assignment& assignment) {
  if (host_.admission == nullptr) return {};
  if (!host_.keys) {
    token_ = channel::random_token();
    host_.admission->admit(channel::data_domain(job_, attempt_), {token_});
    return {};
  }
  std::vector<std::string> keys;
  for (const proto::WorkerPlace& place : assignment.workers()) {
    if (!channel::looks_like_key(place.public_key()))
      return base::fail("worker_without_key",
                        fmt::format("worker '{}' has no key, and this worker sends rows to none without: start all "
                                    "workers with --key, or none",
                                    place.worker()),
                        {}, base::Origin::kEnvironment);
    key_of_[place.worker()] = place.public_key();
    keys.push_back(place.public_key());
  }
  host_.admission->admit(channel::data_domain(job_, attempt_), keys);
  return {};
}

channel::ClientSecurity HostedJob::security_towards(int executor) const {
  if (!host_.keys) return {{}, {}, token_of_[static_cast<std::size_t>(executor)]};
  return {host_.keys, key_of_.at(place_.worker_of[static_cast<std::size_t>(executor)]), {}};
}

base::Result<void> HostedJob::open_channels(const std::vector<proto::Endpoint>& endpoints) {
  std::vector<int> first(1, 0);  // Of each worker: `worker_of` holds a worker's executors side by side.
  for (std::size_t i = 1; i < place_.worker_of.size(); ++i)
    if (place_.worker_of[i] != place_.worker_of[i - 1]) first.push_back(static_cast<int>(i));
  std::vector<std::string> addresses(static_cast<std::size_t>(place_.here.total));
  token_of_.resize(addresses.size());
  for (const proto::Endpoint& endpoint : endpoints) {
    const std::size_t executor = endpoint.worker() < first.size()
                                     ? static_cast<std::size_t>(first[endpoint.worker()]) + endpoint.executor()
                                     : addresses.size();
    if (executor >= addresses.size())
      return base::fail("bad_assignment", "an address came for an executor that is not there", {},
                        base::Origin::kInternal);
    addresses[executor] = endpoint.address();
    token_of_[executor] = endpoint.token();
  }
  watch_ = std::make_unique<channel::LinkWatch>(*host_.transport);
  return run_->connect(addresses, *watch_, [this](int executor) { return security_towards(executor); });
}

void HostedJob::on_link(const channel::LinkWatch::Event& event) {
  const proto::Phase now = phase();
  if (event.what == channel::LinkWatch::What::kUp) {
    ++links_up_;
    if (now == proto::ASSIGNED) open_when_connected();
    return;
  }
  const std::string& peer = place_.worker_of[static_cast<std::size_t>(event.to)];
  if (now == proto::ENDED) {  // What was sent last may not have come; the coordinator knows whether that matters.
    const std::lock_guard lock(mutex_);
    return shown_.set_lost_peer(peer);
  }
  if (now != proto::ASSIGNED && now != proto::CONNECTED && now != proto::RUNNING) return;
  fail(peer_lost(peer, event.what == channel::LinkWatch::What::kDown), peer);
}

void HostedJob::open_when_connected() {
  if (links_up_ < run_->links()) return;
  base::failpoint("worker.connect.done");
  if (auto opened = run_->open(); !opened) return fail(opened.error());
  base::failpoint("worker.open.done");
  reach(proto::CONNECTED);
}

void HostedJob::on_run_ended() {
  if (const auto error = run_->error()) return fail(*error);
  base::failpoint("worker.run.ended");
  if (checkpoints_.setup.store == nullptr) run_->settle();
  reach(proto::ENDED);
}

/// The run is taken down at once: what a failed job has open is closed whether or not the coordinator still hears us.
void HostedJob::fail(base::Error error, const std::string& lost_peer) {
  if (run_) run_->fail(error);
  {
    const std::lock_guard lock(mutex_);
    *shown_.mutable_error() = proto::to_proto(error);
    shown_.set_lost_peer(lost_peer);
  }
  take_down(proto::FAILED);
}

void HostedJob::take_down(proto::Phase phase) {
  if (run_ && this->phase() != proto::ENDED) {
    run_->request_cancel();
    if (this->phase() == proto::RUNNING) run_->wait(base::kEndOfTime);
  }
  proto::JobReport last = report();
  std::unique_ptr<JobRun> run;
  {
    const std::lock_guard lock(mutex_);
    run = std::move(run_);
    shown_ = std::move(last);
  }
  watch_.reset();
  if (run && phase == proto::FAILED) sinks_ = run->take_sinks();
  run.reset();
  if (host_.admission != nullptr) host_.admission->forget(channel::data_domain(job_, attempt_));
  tables_.clear();
  base::failpoint("worker.job.taken_down");
  over_ = over_ || phase == proto::RELEASED;
  reach(phase);
  if (!checkpoints_.setup.tier_directory.empty()) checkpoints_.remove_tiers(*plan_, place_);
  checkpoints_ = {};
}

namespace {

void show_node(const NodeSnapshot& node, std::uint32_t index, proto::NodeReport& to) {
  to.set_node(index);
  to.set_rows_in(node.rows_in);
  to.set_rows_out(node.rows_out);
  to.set_passed(node.passed);
  to.set_filtered(node.filtered);
  to.set_absorbed(node.absorbed);
  to.set_late(node.late);
  to.set_errors(node.errors);
  to.set_dropped(node.dropped);
  to.set_queued_bytes(node.queued_bytes);
  to.set_blocked(node.blocked);
  to.set_ended(node.ended);
  to.set_credit_waits(node.credit_waits);
  if (node.watermark) to.set_watermark(*node.watermark);
  for (const ErrorCount& count : node.errors_by_code) {
    proto::CodeCount& shown = *to.add_errors_by_code();
    shown.set_code(count.code);
    shown.set_rows(count.rows);
  }
}

}  // namespace

std::vector<Pulse> HostedJob::pulses() const {
  const std::lock_guard lock(mutex_);
  return run_ ? run_->pulses() : std::vector<Pulse>();
}

proto::JobReport HostedJob::report() const {
  const std::lock_guard lock(mutex_);
  proto::JobReport report = shown_;
  if (!run_) return report;
  const JobSnapshot snapshot = run_->snapshot();
  for (std::size_t i = 0; i < snapshot.nodes.size(); ++i)
    show_node(snapshot.nodes[i], static_cast<std::uint32_t>(i), *report.add_nodes());
  for (const ChannelSnapshot& channel : run_->channels()) {
    proto::ChannelReport& to = *report.add_channels();
    to.set_channel(channel.channel);
    to.set_consumed_bytes(channel.consumed_bytes);
    to.set_window_bytes(channel.window_bytes);
    to.set_round_trip_us(channel.round_trip_us);
  }
  show_checkpoints(run_->desk().progress(), begun_, report);
  report.set_frames_refused(run_->refused_frames());
  report.set_channels_broken(run_->broken_frames());
  return report;
}

}  // namespace penstock::worker
