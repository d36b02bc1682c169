#include "tests/sim/dataflow/kernel.h"

#include <algorithm>
#include <limits>

#include "runtime/base/check.h"

namespace penstock::sim {
namespace {

Kernel* the_kernel = nullptr;
bool at_work_in_fiber = false;
constexpr base::Micros kLongestTurn = 200;

}  // namespace

Kernel::Kernel(std::uint64_t seed) : random_(seed) {
  CHECK(the_kernel == nullptr);
  the_kernel = this;
}

Kernel::~Kernel() { the_kernel = nullptr; }

Kernel* Kernel::in_fiber() { return at_work_in_fiber ? the_kernel : nullptr; }
Kernel* Kernel::running() { return the_kernel; }

void Kernel::after(base::Micros delay, std::function<void()> event) {
  planned_.push({now_ + delay, order_++, std::move(event)});
}

std::uint64_t Kernel::spawn(Process& process, std::function<void()> body) {
  const std::uint64_t id = next_fiber_++;
  Thread& thread = fibers_[id];
  thread.id = id;
  thread.process = &process;
  thread.fiber = std::make_unique<Fiber>(std::move(body));
  ++process.fibers;
  return id;
}

Process& Kernel::process() { return *current_->process; }

void Kernel::resume(Thread& thread) {
  current_ = &thread;
  thread.ready = nullptr;
  thread.until = base::kEndOfTime;
  turn_ends_ = now_ + random_.between(1, kLongestTurn);
  at_work_in_fiber = true;
  thread.fiber->resume();
  at_work_in_fiber = false;
  current_ = nullptr;
  if (!thread.fiber->ended()) return;
  --thread.process->fibers;
  fibers_.erase(thread.id);
}

bool Kernel::can_run(const Thread& thread) const {
  if (thread.process->frozen_until > now_ && !thread.process->dead) return false;
  return thread.ready == nullptr || thread.until <= now_ || (*thread.ready)();
}

/// The dead first: a process dies in no time.
bool Kernel::run_one() {
  std::vector<Thread*> able;
  bool dead = false;
  for (auto& [id, thread] : fibers_) {
    if (dead && !thread.process->dead) continue;
    if (!can_run(thread)) continue;
    if (thread.process->dead && !dead) able.clear();
    dead = dead || thread.process->dead;
    able.push_back(&thread);
  }
  if (able.empty()) return false;
  resume(*random_.one_of(able));
  return true;
}

void Kernel::run_due_events() {
  while (!planned_.empty() && planned_.top().at <= now_) {
    const auto event = planned_.top().event;
    planned_.pop();
    event();
  }
}

/// To the next moment at which anything can happen. False: that is not before the end.
bool Kernel::advance(base::Micros end) {
  base::Micros next = planned_.empty() ? base::kEndOfTime : planned_.top().at;
  for (const auto& [id, thread] : fibers_) {
    const base::Micros thawed = thread.process->dead ? 0 : thread.process->frozen_until;
    const base::Micros due = thread.ready == nullptr || (*thread.ready)() ? thawed : std::max(thawed, thread.until);
    next = std::min(next, due);
  }
  if (next > end) return false;
  now_ = std::max(now_, next);
  return true;
}

void Kernel::run_until(base::Micros end, const std::function<bool()>& over) {
  while (now_ < end && !over()) {
    run_due_events();
    if (run_one())
      after_step();
    else if (!advance(end))
      now_ = end;
  }
}

void Kernel::yield() { current_->fiber->stop(); }

base::Micros Kernel::read_clock() {
  now_ += random_.between(1, 12);
  if (now_ >= turn_ends_) yield();
  return now_;
}

void Kernel::take_time(base::Micros length) {
  static const Ready kNever = [] { return false; };
  wait(now_ + length, kNever);
}

bool Kernel::wait(base::Micros until, const Ready& ready) {
  Thread& self = *current_;
  while (!ready() && now_ < until) {
    self.ready = &ready;
    self.until = until;
    yield();
  }
  return ready();
}

int Kernel::make_event() {
  events_[next_event_] = 0;
  return next_event_++;
}

bool Kernel::is_signalled(int event) const {
  const auto at = events_.find(event);
  return at != events_.end() && at->second != 0;
}

bool Kernel::take(int event) {
  const bool was = is_signalled(event);
  if (was) events_[event] = 0;
  return was;
}

void Kernel::wait_for(const void* condition, const std::function<void()>& unlock) {
  Thread& self = *current_;
  self.condition = condition;
  unlock();
  wait(base::kEndOfTime, [&self] { return self.condition == nullptr; });
}

void Kernel::notify(const void* condition, bool all) {
  for (auto& [id, thread] : fibers_) {
    if (thread.condition != condition) continue;
    thread.condition = nullptr;
    if (!all) return;
  }
}

}  // namespace penstock::sim
