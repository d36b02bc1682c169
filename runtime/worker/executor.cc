#include "runtime/worker/executor.h"

#include <sys/prctl.h>

#include <algorithm>

namespace penstock::worker {

using api::Step;

namespace {
constexpr base::Micros kTurn = 250;         // A task's turn, in microseconds: see DECISIONS.md.
constexpr base::Micros kLookEvery = 1000;   // At the descriptors, of an executor that always has work.
constexpr base::Micros kSetBack = 100'000;  // Less than that is made up for by waiting.
constexpr int kStepsPerClockRead = 4;
constexpr std::uint64_t kRetryRefused = 1'000'000;  // Nanoseconds until a frame that libzmq refused is tried again.
constexpr int kFramesPerLoop = 1000;                // So that tasks get their turn under a flood of frames.
}  // namespace

/// Outlives the executor where a client library still holds it.
class Executor::TaskWaker final : public api::Waker {
 public:
  explicit TaskWaker(Executor* executor) : executor_(executor) {}
  void wake() override {
    called_.store(true, std::memory_order_release);
    const std::lock_guard lock(mutex_);
    if (executor_ != nullptr) executor_->signal();
  }
  bool take() { return called_.load(std::memory_order_relaxed) && called_.exchange(false, std::memory_order_acquire); }
  void detach() {
    const std::lock_guard lock(mutex_);
    executor_ = nullptr;
  }

 private:
  std::atomic<bool> called_{false};
  std::mutex mutex_;
  Executor* executor_;
};

Executor::Executor(std::unique_ptr<Switchboard> board, JobControl& control, BlockingThread& blocking,
                   CheckpointDesk& desk)
    : board_(std::move(board)), control_(&control), blocking_(&blocking), desk_(&desk) {
  read_clocks();
}

Executor::~Executor() {
  for (auto& waker : wakers_) waker->detach();
}

task::Chain& Executor::add_chain() {
  const int id = static_cast<int>(chains_.size());
  chains_.push_back(std::make_unique<task::Chain>(id, *this));
  wakers_.push_back(std::make_shared<TaskWaker>(this));
  board_->runnable().push_back(1);
  held_.emplace_back(false);
  chain_ended_.emplace_back(false);
  timers_.push_back(0);
  return *chains_.back();
}

std::shared_ptr<api::Waker> Executor::waker(int task) { return wakers_[static_cast<std::size_t>(task)]; }

void Executor::read_clocks() {
  const base::Micros offset = now_ - steady_;
  now_ = base::wall_now();
  steady_ = base::steady_now();
  set_back_ = set_back_ || now_ - steady_ < offset - kSetBack;
}

void Executor::run() {
  prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);  // Timers to the microsecond: a rate is paced by ppoll.
  parked_.store(false, std::memory_order_relaxed);
  body();
  parked_.store(true, std::memory_order_relaxed);
}

void Executor::body() {
  while (!control_->cancelled()) {
    turns_.store(turns_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    read_clocks();
    if (!look_into_inbox()) break;
    look_around();
    if (take_turns() || inbox_ != Inbox::kEmpty) {
      // Who never comes to wait looks now and then, or its other tasks would hear nothing from outside.
      if (waits_.watches_any() && steady_ - looked_at_ >= kLookEvery) wait_for(0);
      continue;
    }
    if (!finished_ && all_chains_ended() && board_->mailbox().flush()) {
      finished_ = true;
      control_->executor_finished();
    }
    if (finished_ && control_->all_finished()) break;
    wait();
  }
}

bool Executor::look_into_inbox() {
  const auto& runnable = board_->runnable();
  const bool at_work = std::find(runnable.begin(), runnable.end(), 1) != runnable.end();
  if (inbox_ == Inbox::kEmpty && !at_work) return true;  // The wait that follows tells whether something came.
  const bool fine = board_->drain(inbox_ == Inbox::kWoke ? 1 : kFramesPerLoop);
  inbox_ = board_->is_drained() ? Inbox::kEmpty : Inbox::kUnknown;
  if (!fine) control_->fail(*board_->error());
  return fine;
}

bool Executor::all_chains_ended() const {
  return std::all_of(chains_.begin(), chains_.end(), [](const auto& chain) { return chain->ended(); });
}

void Executor::wake_chain(std::size_t chain) {
  chains_[chain]->on_wake();
  board_->runnable()[chain] = 1;
}

void Executor::post(std::function<void(Executor&)> order) {
  {
    const std::lock_guard lock(orders_mutex_);
    orders_.push_back(std::move(order));
  }
  has_orders_.store(true, std::memory_order_release);
  signal();
}

void Executor::carry_out_orders() {
  has_orders_.store(false, std::memory_order_relaxed);
  std::vector<std::function<void(Executor&)>> orders;
  {
    const std::lock_guard lock(orders_mutex_);
    orders.swap(orders_);
  }
  for (const auto& order : orders) order(*this);
}

void Executor::look_around() {
  if (has_orders_.load(std::memory_order_relaxed)) carry_out_orders();
  if (board_->mailbox().holds_refused()) board_->mailbox().flush();
  if (control_->stop_requested() && !stop_told_) {
    stop_told_ = true;
    for (std::size_t i = 0; i < chains_.size(); ++i) {
      chains_[i]->request_stop();
      wake_chain(i);
    }
  }
  for (std::size_t i = 0; i < wakers_.size(); ++i)
    if (wakers_[i]->take()) wake_chain(i);
  for (std::size_t i = 0; set_back_ && i < chains_.size(); ++i) {
    chains_[i]->on_clock_set_back();
    board_->runnable()[i] = 1;
  }
  set_back_ = false;
  if (now_ < next_timer_) return;
  for (std::size_t i = 0; i < chains_.size(); ++i)
    if (timers_[i] <= now_) wake_chain(i);
}

bool Executor::take_turns() {
  bool any = false;
  for (std::size_t i = 0; i < chains_.size(); ++i) {
    if (board_->runnable()[i] == 0) continue;
    board_->runnable()[i] = 0;
    if (chains_[i]->ended()) continue;
    turn(i);
    any = true;
  }
  if (any) next_timer_ = *std::min_element(timers_.begin(), timers_.end());
  return any;
}

void Executor::turn(std::size_t index) {
  task::Chain& chain = *chains_[index];
  const base::Micros until = steady_ + kTurn;
  at_work_on_.store(index, std::memory_order_relaxed);
  Step step = Step::kProgress;
  for (int steps = 1; step == Step::kProgress && !control_->cancelled(); ++steps) {
    step = chain.step();
    if (steps % kStepsPerClockRead != 0) continue;
    read_clocks();
    if (steady_ >= until) break;
  }
  chain.end_of_turn();
  timers_[index] = chain.ended() ? base::kEndOfTime : chain.next_timer();
  if (step == Step::kProgress) board_->runnable()[index] = 1;
  held_[index].store(step == Step::kBlocked, std::memory_order_relaxed);
  if (step != Step::kDone) return;
  chain_ended_[index].store(true, std::memory_order_relaxed);
  waits_.forget(static_cast<int>(index));  // A source that was not read to its end still has its descriptors open.
}

void Executor::wait() {
  std::int64_t timeout_ns = next_timer_ == base::kEndOfTime ? WaitSet::kForEver : base::nanos_until(next_timer_);
  if (board_->mailbox().holds_refused())
    timeout_ns = std::min<std::uint64_t>(static_cast<std::uint64_t>(timeout_ns), kRetryRefused);
  parked_.store(true, std::memory_order_relaxed);
  if (wait_for(timeout_ns)) inbox_ = Inbox::kWoke;
  parked_.store(false, std::memory_order_relaxed);
}

bool Executor::wait_for(std::int64_t timeout_ns) {
  looked_at_ = steady_;
  const auto listens = [this](WaitSet::Watcher who) {
    const auto chain = static_cast<std::size_t>(who.task);
    return chains_[chain]->listens(who.node, is_held(chain));
  };
  return waits_.wait(board_->inboxes(), timeout_ns, listens,
                     [this](int task) { wake_chain(static_cast<std::size_t>(task)); });
}

Pulse Executor::pulse() const {
  Pulse pulse{turns_.load(std::memory_order_relaxed), parked_.load(std::memory_order_relaxed), {}};
  const std::size_t chain = at_work_on_.load(std::memory_order_relaxed);
  if (chain >= numbers_.size()) return pulse;
  const TaskLabel& label = desk_->label(numbers_[chain]);
  pulse.at_work_on = label.chain + "-" + std::to_string(label.instance);
  return pulse;
}

void Executor::settle_chains() {
  for (auto& chain : chains_) chain->leave_nothing_for_later();
}

void Executor::abort_chains() {
  for (auto& chain : chains_) chain->abort();
}

}  // namespace penstock::worker
