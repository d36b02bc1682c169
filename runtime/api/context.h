/// What the engine offers to an operator, a source or a sink while it works. One Context per node instance.
/// THREAD: the executor of the task; only Waker::wake may be called from elsewhere.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "runtime/api/counters.h"
#include "runtime/api/snapshot.h"
#include "runtime/api/state.h"
#include "runtime/api/step.h"
#include "runtime/base/clock.h"
#include "runtime/base/error.h"
#include "runtime/record/rows.h"

namespace penstock::api {

/// Wakes the executor from another thread (a client library's completion). Cheap, may be called at any time.
class Waker {
 public:
  virtual ~Waker() = default;
  virtual void wake() = 0;
};

class Context {
 public:
  virtual ~Context() = default;

  // --- output ---
  /// Hands a run to whoever reads `port` (topology::kMainPort, kErrorsPort, kLatePort, kFirstRoute + i). Always accepts
  /// this one run. The run must stay unchanged until this operator is next called.
  virtual void emit(int port, const record::Rows& rows) = 0;
  /// False: do not emit another run now; keep your place, return Step::kBlocked and go on in resume(). An operator that
  /// emits at most one run per port for each call need not ask.
  virtual bool ready() const = 0;
  /// True when some edge reads `port`, so that work for nobody can be spared.
  virtual bool wanted(int port) const = 0;

  // --- faults of single rows ---
  /// Counts the row as an error of this node and applies its on_error: fail the job (naming the row), skip it or send a
  /// dead letter. `row` is a row of `rows`.
  virtual void row_failed(const record::Rows& rows, std::uint32_t row, std::string_view code,
                          std::string_view message) = 0;
  /// The same for input that never became a row (sources): `raw` is what stood there.
  virtual void input_failed(std::string_view partition, std::int64_t offset, std::string_view raw,
                            std::string_view code, std::string_view message) = 0;
  /// Fails the whole job with this error, at the end of the current call.
  virtual void fail(base::Error error) = 0;

  /// This operator ignores whatever else comes (`limit` is reached): sources that nobody else listens to may end.
  virtual void no_more_input() {}
  /// The job has been asked to stop (and this task woken): what is held back on purpose, as by `throttle`, is let go.
  virtual bool stopping() const { return false; }

  // --- time ---
  virtual base::Micros now() const = 0;        ///< Wall clock, read once per step.
  virtual base::Micros watermark() const = 0;  ///< Merged watermark of the input (kNoTime: none yet).
  virtual void wake_at(
      base::Micros wall_us) = 0;  ///< on_timer() will be called at or after this wall time (earliest wins).

  // --- the outside world ---
  virtual void watch(int descriptor, bool for_write) = 0;  ///< Wake this task when it is readable (writable).
  virtual void unwatch(int descriptor) = 0;
  virtual std::shared_ptr<Waker> waker() = 0;  ///< For completions on other threads.
  /// Runs `job` on the worker's blocking-I/O thread (fsync, rename), then wakes this task.
  virtual void run_blocking(std::function<void()> job) = 0;

  // --- what outlives a failure
  virtual StateStore& state() = 0;
  /// What the checkpoint that the job goes on from holds of this node; nullptr: the node begins anew. For open().
  virtual const Restored* restored() const { return nullptr; }
  /// The job goes on from a checkpoint, even if it holds nothing of this node, which is new in it or whose state was
  /// given up: rows of before do not come again. For open().
  virtual bool goes_on() const { return restored() != nullptr; }
  virtual const RunIdentity& run() const {
    static const RunIdentity none;
    return none;
  }

  virtual Counters& counters() = 0;
};

}  // namespace penstock::api
