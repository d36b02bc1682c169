/// When a job's checkpoints begin, when one is complete, what sinks may show, and when the tasks may end. Pure: it is
/// told what has happened and what time it is; whoever drives a job (the coordinator, or a LocalJob of one process)
/// does what it says. One checkpoint is collected at a time. THREAD: the driver's.
///
/// Life of an epoch: begun (sources are told) -> collected (every task has its snapshot) -> the driver makes the
/// manifest durable and says on_durable() -> sinks publish. A checkpoint that fails or takes too long is given up, the
/// job goes on, and the next epoch has another number: ids are never used twice. Once every task is drained the next
/// checkpoint is the last; when it is published everywhere the tasks may end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/clock.h"

namespace penstock::checkpoint {

struct CycleTiming {
  base::Micros every = 1'000'000;
  base::Micros give_up_after = 600'000'000;  ///< A checkpoint that is not collected by then is given up.
};

class Cycle {
 public:
  /// `parts`: who reports apart (workers, or the one process), each for all of its tasks. `last_epoch`: the highest
  /// number that was ever given, in any attempt.
  Cycle(CycleTiming timing, std::size_t parts, std::uint64_t last_epoch);

  // --- what has happened
  void on_running(base::Micros now);  ///< All tasks run: time begins.
  /// The driver, not the job, has begun anew: this one is complete already, and was the last one or not.
  void on_resumed(std::uint64_t durable, bool last);
  void ask(base::Micros now);  ///< Somebody wants a checkpoint now; the one under way counts if it began later.
  void on_collected(std::size_t part, std::uint64_t epoch);  ///< All tasks of that part have their snapshots.
  void on_failed(std::uint64_t epoch, base::Micros now, std::string why);
  void on_durable(std::uint64_t epoch);
  void on_published(std::size_t part, std::uint64_t up_to);
  void on_drained(std::size_t part);

  // --- what is to be done
  /// Begins a checkpoint when one is due; its number. Nothing more is begun while one is collected or being made
  /// durable. Also gives up one that takes too long (given_up() says so once).
  std::optional<std::uint64_t> begin_if_due(base::Micros now);
  base::Micros due() const;                        ///< When begin_if_due() may next have something to do by itself.
  std::optional<std::uint64_t> collected() const;  ///< Write its manifest, then on_durable() or on_failed().
  std::uint64_t to_publish() const { return durable_; }  ///< Sinks may show everything up to here; 0: nothing yet.
  bool may_finish() const;                               ///< The last checkpoint is published: tasks may end.

  // --- to show
  std::uint64_t running() const { return running_; }  ///< Being collected or made durable; 0: none.
  std::uint64_t newest() const { return newest_; }    ///< Highest number ever given.
  bool is_last(std::uint64_t epoch) const { return last_ == epoch; }
  bool all_drained() const;
  bool all_published(std::uint64_t epoch) const;
  struct GivenUp {
    std::uint64_t epoch = 0;
    std::string why;
  };
  std::optional<GivenUp> take_given_up();

 private:
  struct Part {
    std::uint64_t collected = 0, published = 0;
    bool drained = false;
  };
  bool all_collected() const;
  void begin(base::Micros now);

  CycleTiming timing_;
  std::vector<Part> parts_;
  std::uint64_t newest_;
  std::uint64_t running_ = 0, durable_ = 0;
  std::uint64_t last_ = 0;  ///< The newest one that was begun with everything drained.
  bool started_ = false, asked_ = false;
  base::Micros due_ = base::kEndOfTime, begun_at_ = 0;
  base::Micros not_before_ = 0;  ///< After one that failed, the last one waits too.
  std::optional<GivenUp> given_up_;
};

}  // namespace penstock::checkpoint
