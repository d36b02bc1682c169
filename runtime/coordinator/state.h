/// All that the coordinator knows: its workers and its jobs. Plain data, changed by decide() alone.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "proto/control.pb.h"
#include "runtime/base/clock.h"
#include "runtime/checkpoint/cycle.h"
#include "runtime/checkpoint/deaths.h"
#include "runtime/coordinator/credit_budget.h"
#include "runtime/coordinator/placement.h"
#include "topology/plan_channels.h"

namespace penstock::coordinator {

/// Every waiting has an end. Lengths of time.
struct Timing {
  base::Micros heartbeat_every = 200'000;
  base::Micros lease = 600'000;
  base::Micros repeat_every = 200'000;            ///< A directive that has not taken effect.
  base::Micros deploy_step = 60'000'000;          ///< From one step of a deployment to the next, on all workers.
  base::Micros stuck_stop = 60'000'000;           ///< A stopping job that moves no row for so long.
  base::Micros take_down = 30'000'000;            ///< For workers to let go of a job that is over.
  base::Micros keep_lost = 600'000'000;           ///< How long a lost worker is shown.
  base::Micros relearn = 3'000'000;               ///< For workers to come back to a coordinator that was started anew.
  base::Micros restart_after = 500'000;           ///< From the second failure in a row on; doubles each time,
  base::Micros restart_at_most = 30'000'000;      ///< up to this.
  base::Micros checkpoint_at_most = 600'000'000;  ///< Then it is given up.
  base::Micros replacement = 0;  ///< For somebody to start a lost worker again, before the others take its tasks.
};

constexpr std::size_t kMostWorkers = 1'000;
constexpr std::size_t kMostLiveJobs = 1'000;
constexpr std::size_t kMostEndedJobs = 200;   ///< Whose details are kept.
constexpr std::size_t kMostPastJobs = 1'000;  ///< Remembered at all.
constexpr std::size_t kMostLogLines = 1'000;
constexpr std::uint32_t kMostFailuresInARow = 5;  ///< Without getting further; then the job fails.
constexpr std::uint32_t kGotFurther = 2;          ///< So many new checkpoints in one attempt.
constexpr std::uint32_t kFreeLosses = 3;          ///< Workers lost while a job starts again, not held against it.
constexpr std::uint64_t kEpochsAtATime = 64;      ///< Made durable together, before the first of them is used.

struct Worker {
  proto::Register registered;
  std::string peer;       ///< Where its messages come from and go to.
  std::string principal;  ///< Name of its key; empty without keys.
  proto::WorkerSummary::State state = proto::WorkerSummary::ACTIVE;
  base::Micros heard_at = 0;
  bool excused = false;   ///< It has been given time since it was heard: no more until it is heard again.
  bool reported = false;  ///< A heartbeat has come since it registered: what it still runs is known.
  std::uint64_t sequence = 0;
  struct Usage {
    base::Micros at = 0;
    double cpu_seconds = 0;
    double cpu_percent = 0;
    std::uint64_t resident_bytes = 0;
  } usage;

  const std::string& name() const { return registered.worker(); }
  std::uint64_t incarnation() const { return registered.incarnation(); }
  bool is_lost() const { return state == proto::WorkerSummary::LOST; }
};

/// Where a job stands. kAssigning to kStarting are one state to people: DEPLOYING, or RECOVERING in a later attempt. An
/// interruption leads from any of the first six to kRecovering; otherwise a job only goes forward.
enum class Step : std::uint8_t {
  kRelearning,  ///< After a restart of the coordinator: its workers have not all said how it stands.
  kRecovering,  ///< Interrupted: the attempt is taken down; the next one begins as soon as it can be placed.
  kAssigning,
  kConnecting,
  kStarting,
  kRunning,
  kReleasing,   ///< All tasks have ended; workers close their channels.
  kCancelling,  ///< As asked for.
  kFailing,     ///< The cause is known; until it is firm it may still become a better one.
  kOver,
};

/// One worker's part in a job.
struct Part {
  std::string worker;
  std::uint64_t incarnation = 0;
  proto::JobReport report;  ///< The newest; its phase is how far the worker has got.
  bool reported = false;    ///< The worker has named the job in a heartbeat: it knows of it.
  bool released = false;
  bool gone = false;  ///< The worker was lost.
  struct Told {
    std::uint64_t epoch = 0;
    base::Micros at = 0;
  };
  std::map<proto::Directive::Want, Told> told;  ///< What is wanted of it and was said.
  base::Micros tuned_at = 0;
  std::size_t channels_in = 0;  ///< From other executors.
  struct Reading {
    base::Micros at = 0;
    std::map<std::uint32_t, std::pair<std::uint64_t, std::uint64_t>> rows;  ///< By node: in and out.
  };
  std::deque<Reading> readings;  ///< For rates; oldest first.

  proto::Phase phase() const { return report.phase(); }
  bool settled() const { return released || gone; }
};

/// One channel between executors.
struct ChannelState {
  std::size_t receiver = 0;  ///< Index of its part.
  ChannelTuner tuner;
  std::uint64_t window_reported = 0;
  std::uint32_t round_trip_us = 0;
  std::uint64_t credit_waits = 0;
};

/// What is to run, and where.
struct Work {
  proto::Submit submit;  ///< Without text and files once the job is over.
  std::shared_ptr<const topology::Plan> plan;
  std::uint64_t plan_checksum = 0;
  std::vector<topology::PlanChannel> channels;  ///< Of the plan.
  Placement placement;
};

/// What an earlier attempt has left on a worker that still lives: to be let go of before the next one opens its
/// channels.
struct Leftover {
  std::string worker;
  std::uint64_t incarnation = 0;
  std::uint32_t attempt = 0;
  bool reported = false;  ///< Not naming it any more then means that it is gone.
  base::Micros told_at = 0;
};

/// A job's checkpoints: the cycle of the present attempt, and those that are complete.
struct Checkpoints {
  struct Place {
    std::string job;    ///< The job's directory in the store; its name in every attempt.
    std::string store;  ///< URL; empty: nothing is kept, and the job cannot be recovered.
    std::string token;
    bool lasting = false;  ///< Somebody else keeps it: nothing is removed because the job is over.
  } place;
  std::optional<checkpoint::Cycle> cycle;  ///< Of this attempt.
  /// One with a higher number ends a job that stops so that it can go on. Of this attempt.
  std::optional<std::uint64_t> stop_behind;
  std::uint64_t epochs_reserved = 0;  ///< Higher than any number that may ever have been given.
  std::map<std::pair<std::string, std::uint32_t>, proto::SnapshotHandle> handles;  ///< Of the one that is collected.
  base::Micros begun_at = 0;
  std::shared_ptr<const proto::Manifest> writing;  ///< Is being made durable.
  std::uint32_t completed = 0;                     ///< In this attempt.
  struct GivenUp {
    std::string why;
    base::Micros told_at = 0;
    std::uint64_t untold = 0;
  } given_up;
  std::shared_ptr<const proto::Manifest> restore;  ///< What the next attempt begins with; nullptr: from the beginning.
  std::string restore_store;                       ///< Where that lies, when not in place.store.
  std::deque<proto::CheckpointSummary> kept;       ///< Complete, oldest first.
  bool own = false;                    ///< `restore` is a checkpoint of this job, not what it was submitted with.
  std::optional<proto::Error> damage;  ///< The newest one cannot be read.
};

/// How a job that was interrupted goes on.
struct Recovery {
  std::optional<proto::Error> cause;  ///< What interrupted it last.
  base::Micros since = 0;
  base::Micros not_before = 0;                    ///< The next attempt.
  std::map<std::string, std::uint64_t> suspects;  ///< Workers that may be lost, with the heartbeat heard last.
  std::vector<Leftover> leftovers;
  std::set<std::pair<std::string, std::uint64_t>> avoided;  ///< Workers (and incarnations) that hung with this job.
  std::string waits_for;                                    ///< For people.
  struct Count {
    std::uint32_t restarts = 0;  ///< Ever.
    std::uint32_t in_a_row = 0;  ///< Without getting further.
    std::uint32_t losses = 0;    ///< Of workers, while it was starting again.
  } count;
  checkpoint::Deaths deaths;  ///< Of workers, since it got further last.
  /// The attempt in which each of them died last: whoever comes after this coordinator reads of that death once more.
  std::map<std::string, std::uint32_t> latest_deaths;
  std::uint32_t one_at_a_time_from = 0;  ///< Since this attempt runs have one row, to find the record; 0: they do not.
  /// Rows that the sources had passed on when it was interrupted (counts are part of a checkpoint, so they go on in the
  /// next attempt): when they have again, a checkpoint is asked for.
  std::optional<std::uint64_t> caught_up_at;
  /// Nobody knows how many have to come again: checkpoints are asked for at doubling distances.
  struct Doubling {
    std::optional<base::Micros> distance;  ///< To the next; nullopt: there is no need.
    base::Micros ask_at = 0;
  } doubling;
};

struct JobLog {
  std::deque<proto::LogLine> lines;
  std::uint64_t begins = 0;  ///< Number of the first line that is still there.
};

struct Job {
  std::uint64_t id = 0;
  std::uint32_t attempt = 1;
  Work work;
  std::vector<Part> parts;                      ///< As placement.workers.
  std::map<std::uint32_t, ChannelState> tuned;  ///< Between executors, by channel.
  Step step = Step::kAssigning;
  Checkpoints checkpoints;
  Recovery recovery;
  struct Waiting {
    base::Micros deadline = 0;   ///< Of the present step.
    std::uint64_t progress = 0;  ///< When it was last seen to get anywhere.
  } waiting;
  struct Ending {
    bool stop_asked = false;
    bool drain = false;  ///< Its input is over then; else it ends with a checkpoint from which it can go on.
    proto::JobState outcome = proto::JOB_STATE_UNKNOWN;  ///< Known from kReleasing, kCancelling and kFailing on.
    std::optional<proto::Error> cause;
    base::Micros firm_at = 0;  ///< Of the cause.
    /// That it has finished is to be made durable where its checkpoints are: nobody lets go before.
    enum class Note : std::uint8_t { kDue, kAsked, kDone } note = Note::kDue;
  } ending;
  struct Times {
    base::Micros submitted_wall = 0;
    base::Micros submitted = 0;
    std::optional<base::Micros> running_since;
    base::Micros running_since_wall = 0;
    base::Micros ended = 0;
  } times;
  JobLog log;
  struct Journaled {  ///< What the journal holds of it.
    bool job = false;
    std::string state;
    std::uint64_t log_lines = 0;
  } journaled;

  const std::string& name() const { return work.plan->name; }
  bool is_over() const { return step == Step::kOver; }
};

/// A job of an earlier life of this coordinator, or one whose details have been let go.
struct PastJob {
  proto::JobSummary summary;
  std::vector<proto::LogLine> log;
  Checkpoints::Place place{};  ///< Where its newest checkpoint may still be.
  std::uint64_t epochs_reserved = 0;
  std::vector<proto::CheckpointSummary> checkpoints{};
  std::uint64_t submit_key = 0;
};

struct State {
  std::uint64_t incarnation = 0;  ///< Of this coordinator; fresh at random.
  Timing timing;
  std::map<std::string, Worker> workers;  ///< By name.
  std::map<std::uint64_t, Job> jobs;
  std::map<std::uint64_t, PastJob> past;
  std::uint64_t next_job = 1;
};

}  // namespace penstock::coordinator
