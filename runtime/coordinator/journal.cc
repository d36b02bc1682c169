#include "runtime/coordinator/journal.h"

#include <fmt/core.h>

#include <algorithm>

#include "runtime/coordinator/answers.h"
#include "runtime/coordinator/deployment.h"

namespace penstock::coordinator {
namespace {

constexpr std::size_t kLinesRemembered = 200;

std::string job_key(std::uint64_t job) { return fmt::format("job/{:012}", job); }
std::string state_key(std::uint64_t job) { return job_key(job) + "/state"; }
std::string log_key(std::uint64_t job) { return job_key(job) + "/log"; }

std::string job_entry(const Job& job) {
  proto::JournalJob entry;
  entry.set_job(job.id);
  *entry.mutable_submit() = job.work.submit;
  entry.set_submitted_us(job.times.submitted_wall);
  entry.set_plan_checksum(job.work.plan_checksum);
  entry.set_identity(job.checkpoints.place.job);
  entry.set_token(job.checkpoints.place.token);
  if (job.checkpoints.restore) *entry.mutable_restore() = *job.checkpoints.restore;
  entry.set_restore_store(job.checkpoints.restore_store);
  return entry.SerializeAsString();
}

void add_places(const Job& job, proto::JournalState& to) {
  for (std::size_t i = 0; i < job.parts.size(); ++i) {
    proto::JournalPart& part = *to.add_parts();
    part.set_worker(job.parts[i].worker);
    part.set_incarnation(job.parts[i].incarnation);
    part.set_executors(static_cast<std::uint32_t>(job.work.placement.workers[i].executors));
  }
  const auto& chains = job.work.placement.tasks;
  for (std::size_t chain = 0; chain < chains.size(); ++chain)
    for (std::size_t instance = 0; instance < chains[chain].size(); ++instance) {
      proto::TaskPlace& task = *to.add_tasks();
      task.set_chain(static_cast<std::uint32_t>(chain));
      task.set_instance(static_cast<std::uint32_t>(instance));
      task.set_worker(static_cast<std::uint32_t>(chains[chain][instance].worker));
      task.set_executor(static_cast<std::uint32_t>(chains[chain][instance].executor));
    }
}

std::string state_entry(const Job& job) {
  proto::JournalState entry;
  entry.set_attempt(job.attempt);
  add_places(job, entry);
  entry.set_store(job.checkpoints.place.store);
  entry.set_epochs_reserved(job.checkpoints.epochs_reserved);
  for (const proto::CheckpointSummary& kept : job.checkpoints.kept) *entry.add_checkpoints() = kept;
  entry.set_stop_asked(job.ending.stop_asked);
  entry.set_drain(job.ending.drain);
  if (job.step > Step::kRunning) entry.set_outcome(job.ending.outcome);
  if (job.ending.cause) *entry.mutable_cause() = *job.ending.cause;
  entry.set_restarts(job.recovery.count.restarts);
  entry.set_failures_in_a_row(job.recovery.count.in_a_row);
  entry.set_deaths(job.recovery.deaths.to_text());
  entry.set_one_at_a_time_from(job.recovery.one_at_a_time_from);
  for (const auto& [worker, attempt] : job.recovery.latest_deaths) {
    proto::JournalDeath& death = *entry.add_latest_deaths();
    death.set_worker(worker);
    death.set_attempt(attempt);
  }
  entry.set_running_since_us(job.times.running_since_wall);
  entry.set_restored(job.checkpoints.own);
  return entry.SerializeAsString();
}

std::string log_entry(const Job& job) {
  proto::JournalLog entry;
  const auto& lines = job.log.lines;
  const std::size_t skipped = lines.size() > kLinesRemembered ? lines.size() - kLinesRemembered : 0;
  entry.set_begins(job.log.begins + skipped);
  for (std::size_t i = skipped; i < lines.size(); ++i) *entry.add_lines() = lines[i];
  return entry.SerializeAsString();
}

std::string past_entry(const PastJob& job) {
  proto::KeptJob entry;
  *entry.mutable_summary() = job.summary;
  for (const proto::LogLine& line : job.log) *entry.add_log() = line;
  entry.set_identity(job.place.job);
  entry.set_store(job.place.store);
  entry.set_epochs_reserved(job.epochs_reserved);
  for (const proto::CheckpointSummary& kept : job.checkpoints) *entry.add_checkpoints() = kept;
  entry.set_submit_key(job.submit_key);
  return entry.SerializeAsString();
}

void write_live(Job& job, std::vector<JournalWrite>& writes) {
  if (!job.journaled.job) writes.push_back({job_key(job.id), job_entry(job)});
  job.journaled.job = true;
  if (std::string state = state_entry(job); state != job.journaled.state) {
    writes.push_back({state_key(job.id), state});
    job.journaled.state = std::move(state);
  }
  const std::uint64_t lines = job.log.begins + job.log.lines.size();
  if (lines != job.journaled.log_lines) writes.push_back({log_key(job.id), log_entry(job)});
  job.journaled.log_lines = lines;
}

void write_over(const Turn& turn, Job& job, std::vector<JournalWrite>& writes) {
  std::string entry = past_entry(past_job(job, turn.now));
  if (job.journaled.job)
    for (const std::string& key : {job_key(job.id), state_key(job.id), log_key(job.id)})
      writes.push_back({key, std::nullopt});
  job.journaled.job = false;
  if (entry == job.journaled.state) return;
  writes.push_back({past_key(job.id), entry});
  job.journaled.state = std::move(entry);
}

tl::unexpected<base::Error> unreadable(const std::string& key, const std::string& why) {
  return base::fail(
      "journal_damaged",
      fmt::format(
          "the journal's entry '{}' cannot be used: {}; move the journal away, with all files whose names begin "
          "with journal.: then the coordinator begins without jobs",
          key, why),
      key, base::Origin::kEnvironment);
}

PastJob past_of(const proto::KeptJob& kept) {
  return {kept.summary(),
          {kept.log().begin(), kept.log().end()},
          {kept.identity(), kept.store(), {}},
          kept.epochs_reserved(),
          {kept.checkpoints().begin(), kept.checkpoints().end()},
          kept.submit_key()};
}

bool place_as_before(const proto::JournalState& entry, const topology::Plan& plan, Placement& placement) {
  for (const proto::JournalPart& part : entry.parts())
    placement.workers.push_back({part.worker(), static_cast<int>(part.executors())});
  for (const topology::PlanChain& chain : plan.chains)
    placement.tasks.emplace_back(static_cast<std::size_t>(chain.parallelism), TaskPlace{-1, 0});
  for (const proto::TaskPlace& task : entry.tasks()) {
    if (task.chain() >= placement.tasks.size() || task.instance() >= placement.tasks[task.chain()].size()) return false;
    if (task.worker() >= placement.workers.size()) return false;
    placement.tasks[task.chain()][task.instance()] = {static_cast<int>(task.worker()),
                                                      static_cast<int>(task.executor())};
  }
  return std::all_of(placement.tasks.begin(), placement.tasks.end(), [](const auto& chain) {
    return std::all_of(chain.begin(), chain.end(), [](const TaskPlace& task) { return task.worker >= 0; });
  });
}

Step step_for(proto::JobState outcome) {
  switch (outcome) {
    case proto::FINISHED:
    case proto::STOPPED:
      return Step::kReleasing;
    case proto::CANCELLED:
      return Step::kCancelling;
    case proto::JOB_FAILED:
      return Step::kFailing;
    default:
      return Step::kRelearning;
  }
}

class Recalling {
 public:
  Recalling(State& state, const std::map<std::string, std::string>& entries, base::Micros now, base::Micros wall)
      : state_(state), entries_(entries), now_(now), wall_(wall) {}

  base::Result<void> job(const std::string& key, const std::string& value, const LoadPlan& plan_of) {
    proto::JournalJob entry;
    proto::JournalState how;
    const auto state = entries_.find(key + "/state");
    if (!entry.ParseFromString(value) || state == entries_.end() || !how.ParseFromString(state->second))
      return unreadable(key, "it is not what this version writes");
    auto plan = plan_of(entry.submit());
    if (!plan) return unreadable(key, "its topology is no longer accepted: " + plan.error().text);
    Job job;
    job.id = entry.job();
    job.work.submit = entry.submit();
    job.work.plan = std::move(*plan);
    job.work.plan_checksum = entry.plan_checksum();
    job.work.channels = topology::plan_channels(*job.work.plan);
    take_checkpoints(entry, how, job);
    Placement placement;
    if (!place_as_before(how, *job.work.plan, placement)) return unreadable(key, "its tasks do not fit its topology");
    job.attempt = how.attempt();
    lay_out(state_, job, std::move(placement));
    for (int i = 0; i < how.parts_size(); ++i)
      job.parts[static_cast<std::size_t>(i)].incarnation = how.parts(i).incarnation();
    take_standing(entry, how, job);
    take_log(key, job);
    job.journaled.job = true;
    state_.next_job = std::max(state_.next_job, job.id + 1);
    state_.jobs[job.id] = std::move(job);
    return {};
  }

 private:
  static void take_checkpoints(const proto::JournalJob& entry, const proto::JournalState& how, Job& job) {
    Checkpoints& checkpoints = job.checkpoints;
    checkpoints.place = {entry.identity(), how.store(), entry.token()};
    checkpoints.epochs_reserved = how.epochs_reserved();
    checkpoints.kept.assign(how.checkpoints().begin(), how.checkpoints().end());
    checkpoints.own = how.restored();
    if (!checkpoints.own && entry.has_restore())
      checkpoints.restore = std::make_shared<const proto::Manifest>(entry.restore());
    if (!checkpoints.own) checkpoints.restore_store = entry.restore_store();
    if (!checkpoints.kept.empty() && checkpoints.own && checkpoints.kept.back().attempt() == how.attempt())
      checkpoints.completed = 1;
  }

  void take_standing(const proto::JournalJob& entry, const proto::JournalState& how, Job& job) {
    job.ending.stop_asked = how.stop_asked();
    job.ending.drain = how.drain();
    job.ending.outcome = how.outcome();
    if (how.has_cause()) job.ending.cause = how.cause();
    job.recovery.count.restarts = how.restarts();
    job.recovery.count.in_a_row = how.failures_in_a_row();
    job.recovery.deaths = checkpoint::Deaths::from_text(how.deaths());
    job.recovery.one_at_a_time_from = how.one_at_a_time_from();
    for (const proto::JournalDeath& death : how.latest_deaths())
      job.recovery.latest_deaths[death.worker()] = death.attempt();
    job.times.submitted_wall = entry.submitted_us();
    job.times.submitted = now_ - (wall_ - entry.submitted_us());
    job.times.running_since_wall = how.running_since_us();
    if (how.running_since_us() > 0) job.times.running_since = now_ - (wall_ - how.running_since_us());
    job.step = step_for(how.outcome());
    const Timing& timing = state_.timing;
    job.waiting.deadline = now_ + (job.step == Step::kRelearning ? timing.relearn : timing.take_down);
    job.recovery.waits_for = job.step == Step::kRelearning ? "its workers to come back to the coordinator" : "";
    // Whoever does not name a job that is ending has let go of it.
    for (Part& part : job.parts) part.reported = job.step != Step::kRelearning;
  }

  void take_log(const std::string& key, Job& job) {
    proto::JournalLog log;
    const auto at = entries_.find(key + "/log");
    if (at == entries_.end() || !log.ParseFromString(at->second)) return;
    job.log.begins = log.begins();
    job.log.lines.assign(log.lines().begin(), log.lines().end());
    job.journaled.log_lines = job.log.begins + job.log.lines.size();
  }

  State& state_;
  const std::map<std::string, std::string>& entries_;
  base::Micros now_, wall_;
};

}  // namespace

std::string past_key(std::uint64_t job) { return fmt::format("past/{:012}", job); }

void write_journal(Turn& turn) {
  std::vector<JournalWrite> writes = std::move(turn.forgotten);
  for (const std::uint64_t id : turn.touched) {
    const auto job = turn.state.jobs.find(id);
    if (job == turn.state.jobs.end()) continue;
    job->second.is_over() ? write_over(turn, job->second, writes) : write_live(job->second, writes);
  }
  if (!writes.empty()) turn.actions.insert(turn.actions.begin(), Journal{std::move(writes)});
}

base::Result<void> recall(State& state, const std::map<std::string, std::string>& entries, const LoadPlan& plan_of,
                          base::Micros now, base::Micros wall) {
  Recalling recalling(state, entries, now, wall);
  for (const auto& [key, value] : entries) {
    if (key.starts_with("past/")) {
      proto::KeptJob kept;
      if (!kept.ParseFromString(value)) return unreadable(key, "it is not what this version writes");
      state.next_job = std::max(state.next_job, kept.summary().job() + 1);
      state.past[kept.summary().job()] = past_of(kept);
    } else if (key.starts_with("job/") && key.find('/', 4) == std::string::npos) {
      if (auto done = recalling.job(key, value, plan_of); !done) return done;
    }
  }
  return {};
}

std::optional<proto::CheckpointSummary> newest_checkpoint(const Job& job) {
  if (!job.checkpoints.own || job.checkpoints.kept.empty()) return std::nullopt;
  return job.checkpoints.kept.back();
}

}  // namespace penstock::coordinator
