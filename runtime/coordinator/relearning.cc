#include "runtime/coordinator/relearning.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "proto/messages.h"
#include "runtime/base/failpoint.h"
#include "runtime/coordinator/job_checkpoints.h"
#include "runtime/coordinator/job_end.h"
#include "runtime/coordinator/poison.h"
#include "runtime/coordinator/recovery.h"

namespace penstock::coordinator {
namespace {

bool all_reached(const Job& job, proto::Phase phase) {
  return std::all_of(job.parts.begin(), job.parts.end(), [phase](const Part& part) { return part.phase() >= phase; });
}

/// The coordinator before had said that tasks may end: it did so once the last checkpoint was published everywhere.
/// Where checkpoints are kept the journal knows; of a job that keeps none its parts tell.
std::optional<std::uint64_t> published_at_the_end(const Job& job) {
  std::uint64_t published = std::numeric_limits<std::uint64_t>::max();
  bool ends = false;
  for (const Part& part : job.parts) {
    ends |= part.phase() == proto::ENDED || part.report.finishing();
    published = std::min(published, part.report.published());
  }
  return ends ? std::optional(published) : std::nullopt;
}

void resume_cycle(Job& job) {
  const auto& kept = job.checkpoints.kept;
  checkpoint::Cycle& cycle = *job.checkpoints.cycle;
  if (!kept.empty() && kept.back().attempt() == job.attempt)
    cycle.on_resumed(kept.back().epoch(), kept.back().last());
  else if (const auto last = published_at_the_end(job))
    cycle.on_resumed(*last, true);
}

void go_on_running(Turn& turn, Job& job) {
  turn.note(job, "info", "the coordinator was started anew; the job has run on meanwhile");
  enter(turn, job, Step::kRunning, turn.state.timing.stuck_stop);
  if (!job.times.running_since) job.times.running_since = turn.now;
  job.checkpoints.cycle->on_running(turn.now);
  on_restored(turn, job);  // Whether the one before had seen all parts run, nobody knows.
  job.checkpoints.cycle->ask(turn.now);
  for (std::size_t i = 0; i < job.parts.size(); ++i) collect(turn, job, i);
}

void lose_part(Turn& turn, Job& job, Part& part, const std::string& why) {
  part.gone = true;
  if (is_recoverable(job)) ask_for_work(turn, job, part.worker);
  proto::Error cause = error("worker_lost", fmt::format("worker '{}' {}; its log tells more", part.worker, why),
                             "worker " + part.worker);
  interrupt(turn, job, std::move(cause));
}

}  // namespace

void relearn(Turn& turn, Job& job) {
  if (job.step != Step::kRelearning) return;
  if (!std::all_of(job.parts.begin(), job.parts.end(), [](const Part& part) { return part.reported; })) return;
  job.recovery.waits_for.clear();
  resume_cycle(job);
  base::failpoint("coordinator.job.relearned");
  if (all_reached(job, proto::RUNNING)) return go_on_running(turn, job);
  if (job.recovery.count.restarts > 0) job.recovery.doubling.distance = 0;
  // What an earlier attempt may have left is looked at on the way from kAssigning.
  const Step step = all_reached(job, proto::CONNECTED) ? Step::kStarting : Step::kAssigning;
  enter(turn, job, step, turn.state.timing.deploy_step);
}

void look_for_missing(Turn& turn, Job& job, const Worker& worker, const proto::Heartbeat& heartbeat) {
  if (job.step != Step::kRelearning) return;
  for (Part& part : job.parts) {
    if (part.worker != worker.name() || part.settled()) continue;
    const bool named = std::any_of(heartbeat.jobs().begin(), heartbeat.jobs().end(), [&](const auto& report) {
      return report.job() == job.id && report.attempt() == job.attempt;
    });
    if (part.incarnation != worker.incarnation())
      lose_part(turn, job, part, "was started again while the coordinator was away");
    else if (!named)
      lose_part(turn, job, part, "has let go of the job while the coordinator was away");
  }
}

void on_not_back_in_time(Turn& turn, Job& job) {
  for (Part& part : job.parts)
    if (!part.reported && !part.settled())
      lose_part(turn, job, part,
                fmt::format("has not come back in {} after the coordinator was started anew",
                            length_of_time(turn.state.timing.relearn)));
}

std::vector<std::pair<std::uint64_t, std::uint32_t>> strays(const Job& job, const std::vector<proto::Manifest>& there) {
  const Checkpoints& checkpoints = job.checkpoints;
  const auto is_named = [&](const proto::Manifest& one) {
    return std::any_of(checkpoints.kept.begin(), checkpoints.kept.end(), [&](const auto& kept) {
      return kept.epoch() == one.epoch() && kept.attempt() == one.attempt();
    });
  };
  const auto is_of_another_job = [&](const proto::Manifest& one) {
    return checkpoints.restore && !checkpoints.own && one.attempt() <= checkpoints.restore->attempt();
  };
  std::vector<std::pair<std::uint64_t, std::uint32_t>> found;
  for (const proto::Manifest& one : there)
    if (!is_named(one) && !is_of_another_job(one)) found.emplace_back(one.epoch(), one.attempt());
  return found;
}

void on_newest_read(Job& job, base::Result<proto::Manifest> manifest) {
  Checkpoints& checkpoints = job.checkpoints;
  if (manifest) {
    checkpoints.restore = std::make_shared<const proto::Manifest>(std::move(*manifest));
    return;
  }
  proto::Error damage = proto::to_proto(manifest.error());
  std::string older = "there is no older one";
  if (checkpoints.kept.size() > 1)
    older = fmt::format("to go on from an older one, whose output may come twice: penstock submit --from {}/{}", job.id,
                        checkpoints.kept[checkpoints.kept.size() - 2].epoch());
  damage.set_text(fmt::format("its newest checkpoint, {}, cannot be read: {}; {}", checkpoints.kept.back().epoch(),
                              damage.text(), older));
  damage.set_restart_helps(false);
  checkpoints.damage = std::move(damage);
}

}  // namespace penstock::coordinator
