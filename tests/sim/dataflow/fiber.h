/// A function with a stack of its own that can stop in its middle and be gone on with. THREAD: one.
#pragma once

#include <ucontext.h>

#include <cstddef>
#include <functional>

namespace penstock::sim {

class Fiber {
 public:
  explicit Fiber(std::function<void()> body);
  ~Fiber();  ///< It has ended.
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  void resume();  ///< From outside, until it stops or ends.
  void stop();    ///< From inside.
  bool ended() const { return ended_; }

 private:
  static void run(unsigned low, unsigned high);
  void exchange_exceptions();

  std::function<void()> body_;
  void* stack_;
  ucontext_t inside_{}, outside_{};
  void* exceptions_[2] = {nullptr, nullptr};  // What the language runtime keeps for each thread.
  bool ended_ = false;
};

}  // namespace penstock::sim
