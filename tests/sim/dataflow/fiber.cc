#include "tests/sim/dataflow/fiber.h"

#include <cxxabi.h>
#include <sys/mman.h>

#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "runtime/base/check.h"

namespace penstock::sim {
namespace {

constexpr std::size_t kStackBytes = 1 << 20;  // Pages are there once they are touched.
constexpr std::size_t kGuardBytes = 1 << 12;
std::vector<void*> free_stacks;

void* take_stack() {
  if (!free_stacks.empty()) {
    void* stack = free_stacks.back();
    free_stacks.pop_back();
    return stack;
  }
  void* stack = mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  CHECK(stack != MAP_FAILED && mprotect(stack, kGuardBytes, PROT_NONE) == 0);
  return stack;
}

}  // namespace

Fiber::Fiber(std::function<void()> body) : body_(std::move(body)), stack_(take_stack()) {
  getcontext(&inside_);
  inside_.uc_stack.ss_sp = stack_;
  inside_.uc_stack.ss_size = kStackBytes;
  inside_.uc_link = nullptr;
  const auto self = reinterpret_cast<std::uintptr_t>(this);
  makecontext(&inside_, reinterpret_cast<void (*)()>(&Fiber::run), 2, static_cast<unsigned>(self),
              static_cast<unsigned>(self >> 32));
}

Fiber::~Fiber() { free_stacks.push_back(stack_); }

void Fiber::run(unsigned low, unsigned high) {
  auto* self = reinterpret_cast<Fiber*>(static_cast<std::uintptr_t>(low) | static_cast<std::uintptr_t>(high) << 32);
  self->body_();
  self->body_ = nullptr;
  self->ended_ = true;
  self->stop();
}

/// A fiber may stop while it handles an exception.
void Fiber::exchange_exceptions() {
  void* now[2];
  void* at = abi::__cxa_get_globals();
  std::memcpy(now, at, sizeof now);
  std::memcpy(at, exceptions_, sizeof exceptions_);
  std::memcpy(exceptions_, now, sizeof now);
}

void Fiber::resume() {
  exchange_exceptions();
  swapcontext(&outside_, &inside_);
  exchange_exceptions();
}

void Fiber::stop() { swapcontext(&inside_, &outside_); }

}  // namespace penstock::sim
