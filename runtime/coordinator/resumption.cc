#include "runtime/coordinator/resumption.h"

#include <fmt/core.h>

#include <algorithm>

#include "runtime/base/number_text.h"
#include "runtime/checkpoint/checkpoint_store.h"
#include "runtime/checkpoint/plan_manifest.h"
#include "runtime/checkpoint/state_fit.h"
#include "runtime/coordinator/answers.h"
#include "runtime/coordinator/job_checkpoints.h"

namespace penstock::coordinator {
namespace {

/// Attempts and epochs of a job that another coordinator ran, and that left no checkpoint, are not known here.
constexpr std::uint32_t kUnknownAttempts = 1'000;

struct Known {
  Checkpoints::Place place;
  std::uint32_t attempt = 0;
  std::uint64_t epochs_reserved = 0;
  std::vector<proto::CheckpointSummary> kept;
  proto::JobState outcome = proto::JOB_STATE_UNKNOWN;

  bool ended_well() const { return outcome == proto::FINISHED || outcome == proto::STOPPED; }
};

base::Result<Known> known_job(const State& state, const std::string& name) {
  const auto id = find_job(state, name);
  if (!id) return base::fail("unknown_job", fmt::format("there is no job '{}'; `penstock list` shows all", name));
  if (const auto past = state.past.find(*id); past != state.past.end())
    return Known{past->second.place, past->second.summary.attempt(), past->second.epochs_reserved,
                 past->second.checkpoints, past->second.summary.state()};
  const Job& job = state.jobs.at(*id);
  if (!job.is_over())
    return base::fail(
        "job_is_live",
        fmt::format("job {} '{}' is not over, and two cannot go on from one; end it first: penstock stop {}", job.id,
                    job.name(), job.id));
  const Checkpoints& checkpoints = job.checkpoints;
  return Known{checkpoints.place,
               job.attempt,
               checkpoints.epochs_reserved,
               {checkpoints.kept.begin(), checkpoints.kept.end()},
               job.ending.outcome};
}

/// Jobs that went on from one another have one place. The last of them knows what is left there and which numbers have
/// been given; these must not be given again.
struct AtPlace {
  std::uint64_t job = 0;
  std::uint32_t attempt = 0;
  std::uint64_t epochs_reserved = 0;
  proto::JobState outcome = proto::JOB_STATE_UNKNOWN;
  std::string store;
  bool has_checkpoints = false, newest_is_last = false;

  bool ended_well() const { return outcome == proto::FINISHED || outcome == proto::STOPPED; }
  bool has_finished() const { return ended_well() && newest_is_last; }
  /// In another store it leaves what it went on from to the job before, until it has a checkpoint of its own.
  bool takes_from(const std::string& other) const { return store == other || has_checkpoints || ended_well(); }
};

template <class Do>
void for_each_at(const State& state, const std::string& place, Do&& action) {
  for (const auto& [id, past] : state.past)
    if (past.place.job == place)
      action(AtPlace{id, past.summary.attempt(), past.epochs_reserved, past.summary.state(), past.place.store,
                     !past.checkpoints.empty(), !past.checkpoints.empty() && past.checkpoints.back().last()});
  for (const auto& [id, job] : state.jobs)
    if (job.checkpoints.place.job == place)
      action(AtPlace{id, job.attempt, job.checkpoints.epochs_reserved, job.ending.outcome, job.checkpoints.place.store,
                     !job.checkpoints.kept.empty(),
                     !job.checkpoints.kept.empty() && job.checkpoints.kept.back().last()});
}

/// Its sinks remember nothing any more, and its readers may have taken what they wrote.
tl::unexpected<base::Error> job_finished(const std::string& name) {
  return base::fail("job_finished", fmt::format("job '{}' has come to the end of its input, and all its results are "
                                                "published; there is nothing to go on with",
                                                name));
}

tl::unexpected<base::Error> taken_over(const std::string& name, std::uint64_t by) {
  return base::fail("no_checkpoint",
                    fmt::format("job {1} has gone on from job '{0}' and has its checkpoints now; to go on where job "
                                "{1} has got to, end that and name it: penstock submit --from {1}",
                                name, by));
}

tl::unexpected<base::Error> no_checkpoint(const Known& known, const std::string& name) {
  std::string there;
  for (const auto& kept : known.kept) there += (there.empty() ? "" : ", ") + std::to_string(kept.epoch());
  return base::fail("no_checkpoint",
                    fmt::format("job '{}' has no such checkpoint; {}", name,
                                there.empty() ? std::string("none is left of it") : "there is " + there));
}

base::Result<Resumption> of_job(const State& state, const std::string& name, std::optional<std::uint64_t> epoch) {
  auto known = known_job(state, name);
  if (!known) return tl::unexpected(known.error());
  std::uint64_t taken_over_by = 0;
  const std::uint32_t own = known->attempt;
  for_each_at(state, known->place.job, [&](const AtPlace& one) {
    if (one.attempt > own && one.takes_from(known->place.store)) taken_over_by = one.job;
    known->attempt = std::max(known->attempt, one.attempt);
    known->epochs_reserved = std::max(known->epochs_reserved, one.epochs_reserved);
  });
  if (taken_over_by != 0) return taken_over(name, taken_over_by);
  const auto& kept = known->kept;
  const auto at =
      std::find_if(kept.rbegin(), kept.rend(), [&](const auto& one) { return !epoch || one.epoch() == *epoch; });
  if (at == kept.rend() || known->place.store.empty()) return no_checkpoint(*known, name);
  if (known->ended_well() && at->last()) return job_finished(name);
  auto store = checkpoint::open_store(known->place.store);
  if (!store) return tl::unexpected(store.error());
  auto manifest = (*store)->get_manifest(known->place.job, at->epoch(), at->attempt());
  if (!manifest) return tl::unexpected(manifest.error());
  return Resumption{known->place.job,       std::make_shared<const proto::Manifest>(std::move(*manifest)),
                    known->place.store,     known->attempt,
                    known->epochs_reserved, kept};
}

/// The last part of a path, which loses it.
std::string take_last(std::string& path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  const std::size_t slash = path.rfind('/');
  std::string last = path.substr(slash == std::string::npos ? 0 : slash + 1);
  path.erase(slash == std::string::npos ? 0 : slash);
  return last;
}

base::Result<Resumption> at_place(const State& state, const std::string& from) {
  std::string root = from;
  const auto directory = checkpoint::parse_epoch(take_last(root));
  const std::string job = take_last(root);
  if (!directory || job.empty() || root.empty())
    return base::fail("no_checkpoint", "'" + from + "' is no checkpoint's directory: .../JOB/EPOCH-ATTEMPT");
  auto store = checkpoint::open_store(root);
  if (!store) return tl::unexpected(store.error());
  auto manifest = (*store)->get_manifest(job, directory->epoch, directory->attempt);
  if (!manifest) return tl::unexpected(manifest.error());
  const auto highest = (*store)->highest_epoch(job);
  if (!highest) return tl::unexpected(highest.error());
  Resumption found{manifest->job(), nullptr, root, manifest->attempt() + kUnknownAttempts,
                   std::max(*highest, manifest->epoch()) + kEpochsAtATime * kUnknownAttempts};
  const auto noted = (*store)->has_finished(job);
  if (!noted) return tl::unexpected(noted.error());
  bool finished = *noted;
  for_each_at(state, job, [&](const AtPlace& one) {
    finished |= one.has_finished() && one.attempt >= manifest->attempt();
    found.attempt = std::max(found.attempt, one.attempt);
    found.epochs_reserved = std::max(found.epochs_reserved, one.epochs_reserved);
  });
  if (finished) return job_finished(job);
  found.manifest = std::make_shared<const proto::Manifest>(std::move(*manifest));
  return found;
}

}  // namespace

base::Result<Resumption> find_checkpoint(const State& state, const std::string& from) {
  if (from.starts_with('/') || from.find("://") != std::string::npos) return at_place(state, from);
  const std::size_t slash = from.find('/');
  if (slash == std::string::npos) return of_job(state, from, std::nullopt);
  const auto epoch = base::parse_int64(from.substr(slash + 1));
  if (!epoch || *epoch < 1)
    return base::fail("no_checkpoint",
                      "'" + from + "' names no checkpoint: JOB, JOB/EPOCH or file:///DIR/JOB/EPOCH-ATTEMPT");
  return of_job(state, from.substr(0, slash), static_cast<std::uint64_t>(*epoch));
}

base::Result<void> check_fit(const SubmitCame& came) {
  if (!came.resumed->manifest) return {};
  const proto::Manifest& manifest = *came.resumed->manifest;
  const auto fit =
      checkpoint::state_fit({manifest.nodes().begin(), manifest.nodes().end()}, checkpoint::node_shapes(*came.plan));
  if (fit.lost.empty() || came.submit.allow_state_loss()) return {};
  return base::fail(
      "state_does_not_fit",
      fmt::format("the topology cannot go on with all that checkpoint {} remembers:\n{}\nto go on without "
                  "it: --allow-state-loss",
                  manifest.epoch(), checkpoint::in_words(fit)));
}

}  // namespace penstock::coordinator
