/// One executor: a thread that owns a switchboard and the tasks pinned to it. The loop is cooperative: take in what has
/// arrived, give each runnable task a turn of a quarter of a millisecond, ship, and only when nothing is runnable
/// block. THREAD: its own while run() runs; wiring before that happens on the caller's. signal() from any.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/task/chain.h"
#include "runtime/task/services.h"
#include "runtime/worker/blocking_thread.h"
#include "runtime/worker/checkpoint_desk.h"
#include "runtime/worker/hang_watch.h"
#include "runtime/worker/job_control.h"
#include "runtime/worker/switchboard.h"
#include "runtime/worker/wait_set.h"

namespace penstock::worker {

class Executor final : public task::Services {
 public:
  Executor(std::unique_ptr<Switchboard> board, JobControl& control, BlockingThread& blocking, CheckpointDesk& desk);
  ~Executor() override;

  task::Chain& add_chain();
  Switchboard& board() { return *board_; }
  const std::vector<std::unique_ptr<task::Chain>>& chains() const { return chains_; }

  void run();  ///< The thread's body: returns when all executors have finished, or on cancel.
  void signal() const { waits_.signal(); }
  /// Does something with the executor's channels or tasks, on its thread. From any thread.
  void post(std::function<void(Executor&)> order);
  template <class Do>
  void post_to_chains(Do action) {
    post([action](Executor& executor) {
      for (std::size_t i = 0; i < executor.chains_.size(); ++i) {
        action(*executor.chains_[i]);
        executor.wake_chain(i);
      }
    });
  }
  /// `number`: of the chain added last, at the desk.
  void enroll(std::size_t number) { numbers_.push_back(number); }
  void abort_chains();   ///< After run() (or instead of it): sinks leave nothing half-written.
  void settle_chains();  ///< After run(), when the job has ended well.
  /// The task could not go on by itself when its last turn ended: no credit, or a sink that waits.
  bool is_held(std::size_t chain) const { return held_[chain].load(std::memory_order_relaxed); }
  /// From any thread.
  Pulse pulse() const;
  bool has_ended(std::size_t chain) const { return chain_ended_[chain].load(std::memory_order_relaxed); }

  // --- task::Services ---
  base::Micros now() const override { return now_; }
  base::Micros steady() const override { return steady_; }
  bool stopping() const override { return control_->stop_requested(); }
  void fail(base::Error error) override { control_->fail(std::move(error)); }
  void run_blocking(std::function<void()> job, std::shared_ptr<api::Waker> then) override {
    blocking_->submit(std::move(job), std::move(then));
  }
  std::shared_ptr<api::Waker> waker(int task) override;
  void watch(int task, std::size_t node, int descriptor, bool for_write) override {
    waits_.watch({task, node}, descriptor, for_write);
  }
  void unwatch(int task, std::size_t node, int descriptor) override { waits_.unwatch({task, node}, descriptor); }
  void snapshot_taken(int task, task::TaskImage image) override { desk_->take(number(task), std::move(image)); }
  void published(int task, std::uint64_t epoch) override { desk_->on_published(number(task), epoch); }
  void drained(int task) override { desk_->on_drained(number(task)); }

 private:
  class TaskWaker;
  /// What is known of the inbox. Looking costs a system call: an idle executor leaves it to the wait, and after a
  /// wake-up by a frame that one frame is worked on before the next is asked for.
  enum class Inbox : std::uint8_t { kUnknown, kEmpty, kWoke };
  void read_clocks();
  bool look_into_inbox();  ///< False: what came ends the attempt.
  void look_around();      ///< Stop requests, wakers, timers.
  bool take_turns();
  void turn(std::size_t chain);
  void body();
  void wait();
  bool wait_for(std::int64_t timeout_ns);  ///< True: the inbox has something.
  void wake_chain(std::size_t chain);
  bool all_chains_ended() const;
  void carry_out_orders();
  std::size_t number(int task) const { return numbers_[static_cast<std::size_t>(task)]; }

  std::unique_ptr<Switchboard> board_;
  JobControl* control_;
  BlockingThread* blocking_;
  CheckpointDesk* desk_;
  std::vector<std::size_t> numbers_;  // Of the chains, at the desk.
  WaitSet waits_;
  std::vector<std::unique_ptr<task::Chain>> chains_;
  std::vector<std::shared_ptr<TaskWaker>> wakers_;
  std::deque<std::atomic<bool>> held_, chain_ended_;  // For the live view.
  base::Micros now_ = 0, steady_ = 0;
  bool set_back_ = false;             // The wall clock; the tasks have not been told yet.
  std::vector<base::Micros> timers_;  // Of each chain, as of its last turn: only a turn changes it.
  base::Micros next_timer_ = 0;
  base::Micros looked_at_ = 0;  // When the descriptors were last asked, by the steady clock.
  Inbox inbox_ = Inbox::kUnknown;
  std::mutex orders_mutex_;
  std::vector<std::function<void(Executor&)>> orders_;
  std::atomic<bool> has_orders_{false};
  bool stop_told_ = false, finished_ = false;
  // Its pulse; written by the own thread alone.
  std::atomic<std::uint64_t> turns_{0};
  std::atomic<std::size_t> at_work_on_{0};
  std::atomic<bool> parked_{true};
};

}  // namespace penstock::worker
