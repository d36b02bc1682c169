/// A coordinator's state with workers and clients that the test plays, message by message.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "runtime/coordinator/answers.h"
#include "runtime/coordinator/decide.h"
#include "tests/unit/runtime/coordinator/plans.h"

namespace penstock::coordinator {

class PlayedCluster : public testing::Test {
 protected:
  static constexpr base::Micros kSecond = 1'000'000;

  PlayedCluster() { state_.incarnation = 77; }

  // --- what happens; each gives the actions
  std::vector<Action>& happens(decltype(Event::what) what) {
    actions_ = decide(state_, {now_, 1'700'000'000'000'000 + now_, std::move(what)});
    for (const Action& action : actions_)
      if (const auto* journal = std::get_if<Journal>(&action)) write(*journal);
    return actions_;
  }
  void write(const Journal& journal) {
    for (const JournalWrite& one : journal.writes)
      if (one.value)
        journal_[one.key] = *one.value;
      else
        journal_.erase(one.key);
  }
  std::vector<Action>& pass(base::Micros time) {
    now_ += time;
    return happens(TimePassed{});
  }
  std::vector<Action>& registers(const std::string& name, std::uint64_t incarnation, int slots = 1) {
    proto::Envelope envelope;
    proto::Register& body = *envelope.mutable_register_worker();
    body.set_worker(name);
    body.set_incarnation(incarnation);
    body.set_host("host-of-" + name);
    body.set_process(100);
    body.set_slots(static_cast<std::uint32_t>(slots));
    body.set_memory_bytes(1 << 30);
    return happens(MessageCame{{peer(name, incarnation), ""}, envelope});
  }
  std::vector<Action>& beats(const std::string& name, std::uint64_t incarnation,
                             const std::vector<proto::JobReport>& jobs = {}, bool draining = false) {
    proto::Envelope envelope;
    proto::Heartbeat& body = *envelope.mutable_heartbeat();
    body.set_worker(name);
    body.set_incarnation(incarnation);
    body.set_sequence(++sequence_);
    body.set_draining(draining);
    for (const proto::JobReport& job : jobs) *body.add_jobs() = job;
    return happens(MessageCame{{peer(name, incarnation), ""}, envelope});
  }
  std::vector<Action>& leaves(const std::string& name, std::uint64_t incarnation) {
    proto::Envelope envelope;
    envelope.mutable_leave()->set_worker(name);
    envelope.mutable_leave()->set_incarnation(incarnation);
    return happens(MessageCame{{peer(name, incarnation), ""}, envelope});
  }
  void join(const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      registers(name, 1);
      beats(name, 1);
    }
  }
  std::vector<Action>& submits(int parallelism = 2, std::uint64_t key = 0, const std::string& placement = "",
                               const std::string& file = "") {
    proto::Submit submit;
    submit.set_file("test.yaml");
    submit.set_topology(keyed_text(true, placement));
    submit.set_key(key);
    if (!file.empty()) submit.add_files()->set_content(file);
    auto plan = std::make_shared<topology::Plan>(keyed_plan(parallelism, true, placement));
    Checkpoints::Place place;
    if (!store_.empty()) place = {"test-1", store_, "token"};
    return happens(SubmitCame{{"client", "alice"}, 9, submit, plan, 4711, place});
  }
  proto::Answer asks(const proto::Request& request) {
    proto::Envelope envelope;
    *envelope.mutable_request() = request;
    happens(MessageCame{{"client", "alice"}, envelope});
    return answer();
  }
  proto::Answer stops(const std::string& job, bool drain = true) {
    proto::Request request;
    request.mutable_stop()->set_job(job);
    request.mutable_stop()->set_drain(drain);
    return asks(request);
  }
  proto::Answer cancels(const std::string& job) {
    proto::Request request;
    request.mutable_cancel()->set_job(job);
    return asks(request);
  }

  static std::string peer(const std::string& name, std::uint64_t incarnation) {
    return name + "#" + std::to_string(incarnation);
  }
  static proto::JobReport in(proto::Phase phase, std::uint64_t id = 1, std::uint32_t attempt = 1) {
    proto::JobReport report;
    report.set_job(id);
    report.set_attempt(attempt);
    report.set_phase(phase);
    if (phase >= proto::ASSIGNED) report.add_endpoints()->set_address("tcp://here:1");
    return report;
  }
  static proto::JobReport failed(const std::string& code, const std::string& lost_peer = "") {
    proto::JobReport report = in(proto::FAILED);
    report.mutable_error()->set_code(code);
    report.mutable_error()->set_text("what " + code + " means");
    report.set_lost_peer(lost_peer);
    return report;
  }
  /// Brings job 1 on w1 and w2 to this phase on both.
  void both(proto::Phase phase) {
    beats("w1", 1, {in(phase)});
    beats("w2", 1, {in(phase)});
  }
  void run_on_two() {
    join({"w1", "w2"});
    submits();
    for (const auto phase : {proto::ASSIGNED, proto::CONNECTED, proto::RUNNING}) both(phase);
  }
  /// One worker brings an attempt that it alone runs up to this phase.
  void alone(const std::string& name, std::uint32_t attempt, proto::Phase up_to = proto::RUNNING) {
    for (int phase = proto::ASSIGNED; phase <= up_to; ++phase)
      beats(name, 1, {in(static_cast<proto::Phase>(phase), 1, attempt)});
  }
  /// It runs, and has its snapshots of this checkpoint; sinks have published that one.
  static proto::JobReport with_snapshots(std::uint64_t epoch, std::uint32_t tasks, std::uint64_t published = 0,
                                         std::uint32_t attempt = 1) {
    proto::JobReport report = in(proto::RUNNING, 1, attempt);
    report.set_checkpoint(epoch);
    report.set_published(published);
    for (std::uint32_t i = 0; i < tasks; ++i) {
      proto::SnapshotReport& snapshot = *report.add_snapshots();
      snapshot.set_epoch(epoch);
      snapshot.mutable_handle()->set_chain("chain" + std::to_string(tasks));
      snapshot.mutable_handle()->set_instance(i);
      snapshot.mutable_handle()->set_state_bytes(100);
      snapshot.mutable_handle()->set_uploaded_bytes(10);
    }
    return report;
  }
  static proto::JobReport drained(proto::JobReport report, proto::Phase phase = proto::RUNNING) {
    report.set_drained(true);
    report.set_phase(phase);
    return report;
  }
  /// Job 1 on w1 (3 tasks) and w2 (2) comes to the end of its input, and has all snapshots of checkpoint 1, its last.
  void collects_the_last() {
    beats("w1", 1, {drained(in(proto::RUNNING))});
    beats("w2", 1, {drained(in(proto::RUNNING))});
    beats("w1", 1, {drained(with_snapshots(1, 3))});
    beats("w2", 1, {drained(with_snapshots(1, 2))});
  }
  /// Job 1 on w1 (3 tasks) and w2 (2) gets through this checkpoint; its manifest is durable.
  void complete(std::uint64_t epoch) {
    pass(kSecond);
    beats("w1", 1, {with_snapshots(epoch, 3, epoch - 1)});
    beats("w2", 1, {with_snapshots(epoch, 2, epoch - 1)});
    writes_manifest();
  }
  /// What the shell does with the WriteManifest of the latest actions.
  void writes_manifest(std::optional<base::Error> error = std::nullopt) {
    const auto* write = latest<WriteManifest>();
    ASSERT_NE(write, nullptr);
    happens(ManifestWritten{write->job, write->manifest, std::move(error)});
  }
  template <class T>
  const T* latest() const {
    for (auto at = actions_.rbegin(); at != actions_.rend(); ++at)
      if (const auto* one = std::get_if<T>(&*at)) return one;
    return nullptr;
  }

  // --- what came of it
  /// "w1#1:ASSIGN w2#1:ASSIGN": the directives of the latest actions.
  std::string directives() const {
    std::string text;
    for (const Action& action : actions_) {
      const auto* sent = std::get_if<Send>(&action);
      if (sent == nullptr || !sent->message.has_directive()) continue;
      text +=
          (text.empty() ? "" : " ") + sent->peer + ":" + proto::Directive_Want_Name(sent->message.directive().want());
      if (sent->message.directive().epoch() > 0) text += " " + std::to_string(sent->message.directive().epoch());
    }
    return text;
  }
  const proto::Envelope* sent_to(const std::string& peer) const {
    const proto::Envelope* newest = nullptr;
    for (const Action& action : actions_)
      if (const auto* sent = std::get_if<Send>(&action); sent != nullptr && sent->peer == peer) newest = &sent->message;
    return newest;
  }
  proto::Answer answer() const {
    const proto::Envelope* sent = sent_to("client");
    return sent == nullptr ? proto::Answer() : sent->answer();
  }
  const Job& job(std::uint64_t id = 1) const { return state_.jobs.at(id); }
  proto::JobState job_state(std::uint64_t id = 1) const { return state_of(job(id)); }
  std::string cause(std::uint64_t id = 1) const {
    return job(id).ending.cause ? job(id).ending.cause->code() + ": " + job(id).ending.cause->text() : "";
  }

  std::string log(std::uint64_t id = 1) const {
    std::string text;
    for (const auto& line : job(id).log.lines) text += line.text() + "\n";
    return text;
  }

  State state_;
  std::string store_;                           ///< Of jobs that are submitted; empty: they keep no checkpoints.
  std::map<std::string, std::string> journal_;  ///< What is durable.
  base::Micros now_ = 5 * kSecond;
  std::uint64_t sequence_ = 0;
  std::vector<Action> actions_;
};

}  // namespace penstock::coordinator
