#include "runtime/coordinator/coordinator.h"

#include <poll.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <random>
#include <utility>

#include "proto/messages.h"
#include "runtime/base/failpoint.h"
#include "runtime/coordinator/checkpoint_place.h"
#include "runtime/coordinator/job_life.h"
#include "runtime/coordinator/journal.h"
#include "runtime/coordinator/permissions.h"
#include "runtime/coordinator/relearning.h"
#include "runtime/coordinator/requests.h"
#include "runtime/coordinator/resumption.h"
#include "runtime/coordinator/sqlite_store.h"
#include "topology/loader.h"
#include "topology/plan_checksum.h"

namespace penstock::coordinator {
namespace {

constexpr int kMessagesPerRound = 256;  // Then time and disconnects are looked at.
constexpr int kTickMs = 50;
constexpr int kProbeMs = 5;
constexpr base::Micros kProbeFor = 200'000;  // After a connection has broken.
constexpr base::Micros kTellLeftOutEvery = 1'000'000;

std::uint64_t fresh_incarnation() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32) | device();
}

Peer peer_of(const channel::ControlServer::Received& received) {
  return {received.peer, received.access ? received.access->name : std::string()};
}

base::Result<std::shared_ptr<const topology::Plan>> plan_of(const proto::Submit& submit) {
  topology::LoadOptions options;
  if (submit.parallelism() > 0) options.parallelism = static_cast<int>(submit.parallelism());
  options.variable = [&](const std::string& name) -> std::optional<std::string> {
    for (const proto::Variable& variable : submit.variables())
      if (variable.name() == name) return variable.value();
    return std::nullopt;
  };
  auto loaded = topology::load(submit.topology(), options);
  if (auto* plan = std::get_if<topology::Plan>(&loaded))
    return std::make_shared<const topology::Plan>(std::move(*plan));
  return base::fail(
      "bad_topology",
      topology::render(std::get<std::vector<topology::Diagnostic>>(loaded), submit.file(), submit.topology()),
      submit.file());
}

/// Where the process may be made to end behind a message; nullptr: nowhere.
const char* sending_point(const proto::Envelope& message) {
  if (message.has_registered()) return "coordinator.registered.sent";
  if (message.has_answer()) return "coordinator.answer.sent";
  if (!message.has_directive()) return nullptr;
  switch (message.directive().want()) {
    case proto::Directive::ASSIGN:
      return "coordinator.assign.sent";
    case proto::Directive::CONNECT:
      return "coordinator.connect.sent";
    case proto::Directive::START:
      return "coordinator.start.sent";
    case proto::Directive::CHECKPOINT:
      return "coordinator.checkpoint.sent";
    case proto::Directive::PUBLISH:
      return "coordinator.publish.sent";
    case proto::Directive::FINISH:
      return "coordinator.finish.sent";
    case proto::Directive::RELEASE:
      return "coordinator.release.sent";
    case proto::Directive::CANCEL:
      return "coordinator.cancel.sent";
    default:
      return nullptr;
  }
}

}  // namespace

base::Result<std::unique_ptr<Coordinator>> Coordinator::bind(channel::TransportContext& transport,
                                                             const CoordinatorOptions& options) {
  auto server = channel::ControlServer::bind(transport, options.address, options.security);
  if (!server) return tl::unexpected(server.error());
  std::unique_ptr<Coordinator> made(new Coordinator(std::move(*server), options));
  if (auto recalled = made->recall_jobs(options.directory); !recalled) return tl::unexpected(recalled.error());
  return made;
}

Coordinator::Coordinator(std::unique_ptr<channel::ControlServer> server, const CoordinatorOptions& options)
    : server_(std::move(server)), checkpoints_(options.checkpoints), own_(options.own) {
  state_.incarnation = fresh_incarnation();
  state_.timing = options.timing;
  quiet_ = options.quiet;
}

base::Result<void> Coordinator::recall_jobs(const std::string& directory) {
  if (directory.empty()) return {};
  base::failpoint("coordinator.recall.begun");
  auto store = open_sqlite_store(directory);
  if (!store) return tl::unexpected(store.error());
  auto entries = (*store)->load();
  if (!entries) return tl::unexpected(entries.error());
  auto recalled = recall(state_, *entries, plan_of, base::steady_now(), base::wall_now());
  if (!recalled) return recalled;
  journal_ = std::move(*store);
  for (auto& [id, job] : state_.jobs) read_newest(job);
  base::failpoint("coordinator.recall.done");
  return {};
}

void Coordinator::read_newest(Job& job) {
  const Checkpoints::Place& place = job.checkpoints.place;
  if (place.store.empty()) return;
  auto store = checkpoint::open_store(place.store);
  if (!store) return on_newest_read(job, tl::unexpected(store.error()));
  if (const auto newest = newest_checkpoint(job))
    on_newest_read(job, (*store)->get_manifest(place.job, newest->epoch(), newest->attempt()));
  if (const auto there = (*store)->list(place.job))
    act(RemoveCheckpoints{place.store, place.job, strays(job, *there), 0, 0, false});
}

base::Result<void> Coordinator::run(int stop) {
  for (;;) {
    pollfd waiting[3] = {{server_->descriptor(), POLLIN, 0}, {stop, POLLIN, 0}, {work_.descriptor(), POLLIN, 0}};
    poll(waiting, 3, wait_ms());
    if ((waiting[1].revents & POLLIN) != 0) return settle();
    serve_round();
    if (failed_) return tl::unexpected(*failed_);
  }
}

/// What has become durable meanwhile and does not count must not be found by the next one.
base::Result<void> Coordinator::settle() {
  work_.wait();
  hear_of_work();
  if (failed_) return tl::unexpected(*failed_);
  return {};
}

void Coordinator::hear_of_work() {
  for (auto& done : work_.take()) std::visit([this](auto& one) { happens(std::move(one)); }, done);
}

int Coordinator::wait_ms() const {
  const base::Micros now = base::steady_now();
  if (probing_.until > now) return kProbeMs;
  const base::Micros due = next_due(state_);
  if (due <= now) return 0;
  return due - now >= kTickMs * 1000 ? kTickMs : static_cast<int>((due - now) / 1000) + 1;
}

void Coordinator::serve_round() {
  for (int taken = 0; taken < kMessagesPerRound; ++taken) {
    const auto received = server_->receive();
    if (!received) break;
    on_message(*received);
  }
  hear_of_work();
  find_out_who_is_gone();
  notice_pause();
  happens(TimePassed{});
  // Only now: what a peer has said before it went, such as that it leaves, counts first.
  while (!unreachable_.empty()) {
    const std::string peer = std::move(unreachable_.back());
    unreachable_.pop_back();
    happens(PeerUnreachable{peer});
  }
}

/// What workers have said meanwhile comes in a moment later: libzmq's threads did not run either.
void Coordinator::notice_pause() {
  const base::Micros now = base::steady_now();
  const base::Micros passed = now - std::exchange(round_at_, now), waited = kTickMs * 1000;
  if (passed != now && passed > std::max(state_.timing.lease / 2, 4 * waited)) happens(Paused{passed - waited});
}

/// libzmq may still take messages for a peer a moment after it has said that a connection broke, so one probe could
/// miss the one that it is about.
void Coordinator::find_out_who_is_gone() {
  const base::Micros now = base::steady_now();
  if (server_->take_disconnect()) probing_ = {now + kProbeFor, 0};
  if (now >= probing_.until || now - probing_.at < kProbeMs * 1000) return;
  probing_.at = now;
  happens(ConnectionBroke{});
}

void Coordinator::on_message(const channel::ControlServer::Received& received) {
  const Peer from = peer_of(received);
  auto message = proto::decode(received.bytes);
  if (!message) {
    leave_out(received, message.error());
    if (message.error().code == "control_version") act(Send{from.id, refusal(0, message.error())});
    return;
  }
  if (const auto denied = why_not(received.access, *message)) {
    leave_out(received, *denied);
    return act(Send{from.id, refusal(message->has_request() ? message->request().id() : 0, *denied)});
  }
  if (message->has_request() && message->request().has_submit()) return on_submit(from, message->request());
  happens(MessageCame{from, std::move(*message)});
}

/// A line of the log at most every so often: whoever sends nonsense does it as fast as it can.
void Coordinator::leave_out(const channel::ControlServer::Received& received, const base::Error& why) {
  ++left_out_.messages;
  const base::Micros now = base::steady_now();
  if (left_out_.told_at != 0 && now - left_out_.told_at < kTellLeftOutEvery) return;
  std::string who = received.access ? "'" + received.access->name + "'" : "";
  if (!received.host.empty()) who += (who.empty() ? "" : " at ") + received.host;
  spdlog::warn("left out {} message{}, the latest from {}: {}", left_out_.messages, left_out_.messages == 1 ? "" : "s",
               who.empty() ? "this host" : who, why.text);
  left_out_ = {0, now};
}

void Coordinator::on_submit(const Peer& from, const proto::Request& request) {
  auto came = prepared(from, request);
  if (!came) return act(Send{from.id, refusal(request.id(), came.error())});
  const Checkpoints::Place place = came->checkpoints;
  const bool resumed = came->resumed.has_value();
  happens(std::move(*came));
  const bool taken = std::any_of(state_.jobs.begin(), state_.jobs.end(),
                                 [&](const auto& job) { return job.second.checkpoints.place.job == place.job; });
  if (!taken && !resumed && !place.store.empty()) act(RemoveCheckpoints{place.store, place.job, {}, 0, 0, true});
}

base::Result<SubmitCame> Coordinator::prepared(const Peer& from, const proto::Request& request) const {
  const proto::Submit& submit = request.submit();
  auto plan = plan_of(submit);
  if (!plan) return tl::unexpected(plan.error());
  const std::uint64_t checksum = topology::plan_checksum(**plan);
  if (job_of_submit(state_, submit.key()))  // Came before: nothing is to be made for it.
    return SubmitCame{from, request.id(), submit, std::move(*plan), checksum, {}, {}};
  std::optional<Resumption> resumed = own_;
  if (!submit.from().empty()) {
    auto found = find_checkpoint(state_, submit.from());
    if (!found) return tl::unexpected(found.error());
    resumed = std::move(*found);
  }
  auto place = place_for(**plan, submit, resumed);
  if (!place) return tl::unexpected(place.error());
  return SubmitCame{from, request.id(), submit, std::move(*plan), checksum, std::move(*place), std::move(resumed)};
}

/// One that goes on from a checkpoint that of its job.
base::Result<Checkpoints::Place> Coordinator::place_for(const topology::Plan& plan, const proto::Submit& submit,
                                                        const std::optional<Resumption>& resumed) const {
  Checkpoints::Place place;
  place.store = own_ ? own_->store : checkpoint_store_of(plan, checkpoints_);
  place.lasting = own_.has_value();
  if (place.store.empty() && resumed)
    return base::fail("no_store",
                      "this coordinator keeps no checkpoints, so nothing can go on from one; start it with: penstock "
                      "coordinator --checkpoints file:///DIR");
  if (place.store.empty()) return place;
  place.job = resumed ? resumed->job : job_identity(plan.name, submit.key() != 0 ? submit.key() : fresh_incarnation());
  auto store = checkpoint::open_store(place.store);
  if (!store) return tl::unexpected(store.error());
  auto token = (*store)->begin_job(place.job);
  if (!token) return tl::unexpected(token.error());
  place.token = std::move(*token);
  return place;
}

void Coordinator::happens(decltype(Event::what) what) {
  if (failed_) return;
  const Event event{base::steady_now(), base::wall_now(), std::move(what)};
  for (const Action& action : decide(state_, event)) {
    std::visit([this](const auto& one) { act(one); }, action);
    if (failed_) return;
  }
}

/// What cannot be sent now is said again, but for an answer, which its client asks for again.
void Coordinator::act(const Send& send) {
  const auto sent = server_->send(send.peer, proto::encode(send.message));
  if (const char* point = sending_point(send.message)) base::failpoint(point);
  if (!sent && sent.error().code == "peer_gone") unreachable_.push_back(send.peer);
}

void Coordinator::act(const Tell& tell) {
  spdlog::log(quiet_ ? spdlog::level::debug : spdlog::level::from_str(tell.level), "{}", tell.text);
}

void Coordinator::act(const Journal& journal) {
  if (!journal_) return;
  base::failpoint("coordinator.journal.due");
  if (auto done = journal_->commit(journal.writes); !done) failed_ = done.error();
  base::failpoint("coordinator.journal.committed");
}

}  // namespace penstock::coordinator
