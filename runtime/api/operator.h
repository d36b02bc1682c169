/// The contract between the engine and what users compose. Operators, sources and sinks see whole runs of rows, never
/// block, never allocate per row in steady state, and keep their place when the output is full.
/// THREAD: all calls come from the executor of the task.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/api/context.h"

namespace penstock::api {

class Operator {
 public:
  virtual ~Operator() = default;
  virtual base::Result<void> open(Context&) { return {}; }

  /// Takes one run from input `input`. kDone: finished with it. kBlocked: the run is kept (it stays valid), resume()
  /// goes on. Must not be called again before that.
  /// Here and below kProgress is kBlocked by choice: a long piece of work is interrupted, so that others have their
  /// turn, and resume() is called again without waiting for room in the output.
  virtual Step process(int input, const record::Rows& rows, Context& context) = 0;
  /// Rows of a run that it deals with at once. Of a longer run the rest waits, and so does a barrier behind it, so a
  /// source of the same task reads no more at a time. The same from open() on, at least 1.
  virtual std::uint32_t most_rows() const { return UINT32_MAX; }
  /// Goes on with whatever returned kBlocked (process, on_watermark, on_timer or flush).
  virtual Step resume(Context&) { return Step::kDone; }

  /// The merged watermark of the input has advanced to `watermark`: fire what is due. After kDone the engine passes
  /// output_watermark(watermark) on.
  virtual Step on_watermark(base::Micros watermark, Context&) {
    (void)watermark;
    return Step::kDone;
  }
  /// Never ahead of the least event time this operator may still emit.
  virtual base::Micros output_watermark(base::Micros watermark) const { return watermark; }
  virtual Step on_timer(Context&) { return Step::kDone; }  ///< Asked for by Context::wake_at.
  /// All inputs are drained: emit what is still held. Called once, also over restarts: a task that was restored from
  /// behind its flush is not asked again.
  virtual Step flush(Context&) { return Step::kDone; }
  /// A barrier: everything before it has been processed, nothing behind it. Puts down what is remembered outside keyed
  /// tables; open() gets it back as Context::restored(). Never called while something is kBlocked. Emits nothing.
  virtual void save(SavedParts& parts) { (void)parts; }
};

using PartitionId = std::uint32_t;

/// What a source uses beside Context. The engine assigns event time and watermarks, throttles to `rate`, counts, and
/// chooses which partition is read next (the one with the lowest watermark).
class SourceContext : public Context {
 public:
  /// A unit with its own order and watermark: a file, a connection, a lane of `generate`. Names are unique and stable
  /// over restarts. Bounded partitions hold watermarks back from the start; others join as idle, and are forgotten when
  /// they have ended: no checkpoint lists them, and the id may be given again.
  /// A partition that the restored checkpoint knows gets its watermark, idleness and end back.
  virtual PartitionId add_partition(std::string_view name, bool bounded) = 0;
  /// What Source::position() said of a partition of this name in the restored checkpoint, in whichever task it was.
  virtual std::optional<std::string_view> restored_position(std::string_view name) const {
    (void)name;
    return std::nullopt;
  }
  /// Where a source may keep what arrived until it is no longer needed (`journal: true`): a directory of this job that
  /// every attempt sees. Empty: there is none.
  virtual std::string journal_directory() const { return {}; }
  /// Names of all partitions in the restored checkpoint, of all tasks, in order. For open().
  virtual std::vector<std::string_view> restored_partitions() const { return {}; }
  /// Emits a run of `partition`, without time (the engine takes it from the event_time field). `offset`: per cell.
  virtual void emit_from(PartitionId partition, const record::Rows& rows, const std::int64_t* offset) = 0;
  /// The same for rows that belong to several partitions in a fixed rotation: row k of the run belongs to
  /// lanes[(first + k) % lanes.size()].
  virtual void emit_lanes(std::span<const PartitionId> lanes, std::size_t first, const record::Rows& rows,
                          const std::int64_t* offset) = 0;
  /// No partition will be added any more and the list so far is complete. A source whose partitions are all added and
  /// ended is exhausted.
  virtual void partitions_complete() = 0;
};

class Source {
 public:
  virtual ~Source() = default;
  virtual base::Result<void> open(SourceContext& context) = 0;  ///< Adds the partitions that exist now.
  /// Reads at most `max_rows` rows (and base::kRunRows) of one partition and emits at most one run. kProgress: did so,
  /// or made headway. kIdle: nothing more is there now (a watch, a timer or a waker will tell). kDone: this partition
  /// has ended.
  virtual Step read(PartitionId partition, std::uint32_t max_rows, SourceContext& context) = 0;
  /// Called when the task wakes and before reads: look for new partitions, accept connections. Cheap.
  virtual void poll(SourceContext&) {}
  /// Where to go on in this partition after a restart: behind the last row that was emitted. Opaque to the engine,
  /// which saves it at each barrier; the partition's own watermark is saved beside it.
  virtual std::string position(PartitionId partition) const {
    (void)partition;
    return {};
  }
  virtual void save(SavedParts& parts) { (void)parts; }  ///< As Operator::save, of what belongs to no partition.
  /// The barrier of `epoch` has come; position() and save() follow.
  virtual void on_barrier(std::uint64_t epoch) { (void)epoch; }
  /// The checkpoint of `epoch` is complete and will be restored in place of earlier ones.
  virtual void on_published(std::uint64_t epoch, SourceContext& context) { (void)epoch, (void)context; }
};

/// Work that may block, for the worker's blocking-I/O thread. Must not touch what the executor touches meanwhile.
using BlockingJob = std::function<base::Result<void>()>;

/// A sink writes rows out. At-least-once sinks write at once (buffered until idle()). Exactly-once sinks stage: rows
/// between two barriers are one segment, which stage() closes and makes durable, and publish() shows once the
/// checkpoint of that barrier is complete. At-most-once sinks keep a segment to themselves and write it in publish(),
/// so that a failure loses it instead of repeating it. The last segment, behind the end of the input, is like any
/// other.
class Sink {
 public:
  virtual ~Sink() = default;
  /// With Context::restored(): publishes what the checkpoint covers and is not yet published, removes what was staged
  /// behind it, and fences every earlier attempt off the resource before that.
  virtual base::Result<void> open(Context&) { return {}; }
  virtual Step write(const record::Rows& rows, Context& context) = 0;  ///< kDone or kBlocked (then resume()).
  virtual Step resume(Context&) { return Step::kDone; }
  /// The task's input is drained: write out what is buffered, so that nothing waits for company. kBlocked: not all
  /// could be written now (watch the descriptor for writing); called again.
  virtual Step idle(Context&) { return Step::kDone; }
  /// End of input: write out what at-least-once sinks still hold. kBlocked: under way, resume() goes on. Called once,
  /// before the last barrier.
  virtual Step finish(Context&) { return Step::kDone; }

  /// The barrier of `epoch`, after idle() has said kDone: closes the segment and puts down in `parts` all that open()
  /// needs, every segment not known to be published included. The job makes that durable; empty: nothing to do. The
  /// checkpoint counts only when it has succeeded.
  virtual BlockingJob stage(std::uint64_t epoch, SavedParts& parts, Context& context) {
    (void)epoch, (void)parts, (void)context;
    return {};
  }
  /// The checkpoint of `epoch` is complete: the job makes visible whatever was staged for it and for those before it
  /// (some of which may have failed). Epochs ascend; some are left out. Empty: nothing to do, or it is let out from the
  /// executor: then all of it is out when idle() next says kDone, which the engine waits for before the task may end.
  virtual BlockingJob publish(std::uint64_t epoch, Context& context) {
    (void)epoch, (void)context;
    return {};
  }
  /// The job failed or was cancelled, and will not be restored: leave nothing half-written that a reader could take for
  /// a result. Not called when another attempt follows.
  virtual void abort() {}
  /// What abort() removes may be there long after everything else of the task has gone (files, and nothing that another
  /// attempt would need): the sink is kept until it is known whether another attempt follows.
  virtual bool leaves_files() const { return false; }
  /// The job has ended well and will not be restored (after the publish of the last epoch, before the destructor):
  /// what is kept outside for an attempt to come (markers) may go. Not called when another attempt follows.
  virtual void end() {}
};

}  // namespace penstock::api
