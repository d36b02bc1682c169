/// The operating system of a simulation, as far as time and threads go: every thread of the product is a fiber, all
/// fibers take turns in one thread, and the clock is a number that moves when it is read or when nobody has anything to
/// do. Whose turn it is comes from the seed. What the product calls (os_threads.cc, os_time.cc, os_files.cc) ends here.
/// THREAD: the only one.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/base/clock.h"
#include "tests/sim/dataflow/fiber.h"
#include "tests/sim/event_queue.h"

namespace penstock::sim {

/// A process that can be killed or frozen. A dead one's fibers run to their ends, without an effect on anything that
/// outlives it: its writes fail, what it sends is lost.
struct Process {
  std::string name;
  bool dead = false;
  base::Micros frozen_until = 0;
  int lifeline = -1;  ///< Readable: the process is to end at once.
  int stop = -1;      ///< Readable: it is to end in good order.
  int fibers = 0;     ///< That have not ended.

  bool ended() const { return fibers == 0; }
};

class Kernel {
 public:
  explicit Kernel(std::uint64_t seed);
  ~Kernel();
  /// nullptr: no simulation runs, or its world (not a fiber) is at work.
  static Kernel* in_fiber();
  static Kernel* running();  ///< Also while the world is at work.

  Random& random() { return random_; }
  base::Micros now() const { return now_; }
  void after(base::Micros delay, std::function<void()> event);
  /// Until then, or until `over` says so; `after_step` is called after every turn of a fiber.
  void run_until(base::Micros end, const std::function<bool()>& over);
  std::function<void()> after_step = [] {};

  // --- fibers
  std::uint64_t spawn(Process& process, std::function<void()> body);
  bool has_ended(std::uint64_t fiber) const { return !fibers_.contains(fiber); }
  std::size_t fibers() const { return fibers_.size(); }
  Process& process();                   ///< Of the fiber that runs.
  base::Micros read_clock();            ///< Takes a little time, and may be the end of a turn.
  void take_time(base::Micros length);  ///< A call that lasts; others run meanwhile.
  void yield();
  using Ready = std::function<bool()>;
  /// False: the time came first.
  bool wait(base::Micros until, const Ready& ready);

  // --- event descriptors
  int make_event();
  static bool is_event(int descriptor) { return descriptor >= kFirstEvent; }
  void signal(int event) { events_[event] = 1; }
  bool is_signalled(int event) const;
  bool take(int event);
  void close_event(int event) { events_.erase(event); }
  std::size_t events() const { return events_.size(); }

  // --- condition variables, by address
  void wait_for(const void* condition, const std::function<void()>& unlock);
  void notify(const void* condition, bool all);

 private:
  static constexpr int kFirstEvent = 1 << 24;
  struct Thread {
    std::uint64_t id = 0;
    Process* process = nullptr;
    std::unique_ptr<Fiber> fiber;
    const Ready* ready = nullptr;  // nullptr: it can go on.
    base::Micros until = base::kEndOfTime;
    const void* condition = nullptr;  // That it waits for.
  };
  bool can_run(const Thread& thread) const;
  bool run_one();
  void run_due_events();
  bool advance(base::Micros end);
  void resume(Thread& thread);

  struct Planned {
    base::Micros at;
    std::uint64_t order;
    std::function<void()> event;
    bool operator<(const Planned& other) const { return std::pair(at, order) > std::pair(other.at, other.order); }
  };
  Random random_;
  base::Micros now_ = 1'000'000;
  std::priority_queue<Planned> planned_;
  std::uint64_t order_ = 0, next_fiber_ = 1;
  std::map<std::uint64_t, Thread> fibers_;
  Thread* current_ = nullptr;
  base::Micros turn_ends_ = 0;
  std::map<int, std::uint64_t> events_;
  int next_event_ = kFirstEvent;
};

}  // namespace penstock::sim
