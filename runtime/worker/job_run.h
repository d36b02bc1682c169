/// The part of one run of a job that lives in this process: its executors, their threads, and the order in which they
/// begin and end. Steps: build, (listen, connect, where there are other processes), open, start, wait; what was built
/// is taken down by the destructor, the channels last, so that what was sent still gets out before. THREAD: the
/// caller's; signals, request_...() and snapshot() from any once build() is over.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "runtime/api/registry.h"
#include "runtime/channel/link_watch.h"
#include "runtime/checkpoint/work_file.h"
#include "runtime/worker/blocking_thread.h"
#include "runtime/worker/executor.h"
#include "runtime/worker/job_control.h"
#include "runtime/worker/job_snapshot.h"
#include "runtime/worker/wiring.h"
#include "topology/plan.h"

namespace penstock::worker {

class JobRun {
 public:
  /// `plan` outlives the run.
  JobRun(const topology::Plan& plan, JobPlace place, channel::TransportContext& transport, RunKey run,
         CheckpointSetup checkpoints);
  ~JobRun();

  /// `restored`: what the run goes on from; nullptr: it begins anew.
  base::Result<void> build(const api::Registry& registry, const RestoredJob* restored = nullptr);
  /// One address for each executor here, in order. `address_of(executor)`: where its inbox is to be bound.
  base::Result<std::vector<std::string>> listen(const std::function<std::string(int)>& address_of,
                                                const channel::InboxSecurity& security);
  /// `addresses`: of every executor of the job. How the connections fare, `watch` says; links() of them are needed.
  base::Result<void> connect(const std::vector<std::string>& addresses, channel::LinkWatch& watch,
                             const std::function<channel::ClientSecurity(int)>& security_towards);
  std::size_t links() const;
  base::Result<void> open();
  void start();

  void request_stop();    ///< Sources end as if exhausted; what is in flight is processed.
  void request_cancel();  ///< Ends at once: nothing more is published.
  /// Another attempt will go on from a checkpoint: what sinks have staged stays when this one does not finish.
  void keep_staged(bool keep) { keeps_staged_ = keep; }
  /// When it has been waited for, failed, and kept what was staged: who can still remove that, and outlives the run.
  std::vector<std::unique_ptr<api::Sink>> take_sinks();
  void fail(base::Error error);
  /// Nobody will go back to a checkpoint: sinks forget what they have shown. After it has been waited for; of one that
  /// has not finished nothing.
  void settle();

  // --- checkpoints; how far they are, the desk says
  void begin_checkpoint(std::uint64_t epoch);
  void publish(std::uint64_t epoch);
  void finish();  ///< The last checkpoint is published: tasks end.
  CheckpointDesk& desk() { return desk_; }
  const CheckpointDesk& desk() const { return desk_; }
  void set_window(std::uint32_t channel, std::uint64_t bytes);

  /// Waits until the threads have ended, at most `timeout_us`, and joins them. True when they have.
  bool wait(base::Micros timeout_us);
  int ended_descriptor() const { return control_.ended().get(); }
  std::optional<base::Error> error() const { return control_.error(); }
  JobSnapshot snapshot() const;
  std::vector<ChannelSnapshot> channels() const;  ///< Those to and from other processes.
  std::vector<Pulse> pulses() const;              ///< Of its executors.
  std::uint64_t refused_frames() const;
  std::uint64_t broken_frames() const;

 private:
  void make_work_file();
  void body(Executor& executor);
  void stop();
  void signal_all();
  JobState state() const;

  const topology::Plan* plan_;
  JobPlace place_;
  JobControl control_;
  CheckpointDesk desk_;
  BlockingThread blocking_;                     // Its jobs use the desk.
  std::unique_ptr<checkpoint::WorkFile> work_;  // Its marks are the tasks'.
  std::vector<std::unique_ptr<Executor>> executors_;
  std::vector<std::thread> threads_;
  std::atomic<base::Micros> started_{0};  // 0: not yet.
  base::Micros ended_at_ = 0;
  bool settled_ = false, succeeded_ = false;
  std::atomic<bool> keeps_staged_{false};
  std::atomic<bool> joined_{false};  // Set last: what is plain above may be read by other threads from then on.
};

}  // namespace penstock::worker
