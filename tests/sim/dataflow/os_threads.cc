/// What the C library calls threads, for the product inside a simulation; for everybody else as it always was. These
/// definitions go before those of the C library because they stand in the program itself.
#include <dlfcn.h>
#include <pthread.h>
#include <sys/random.h>

#include <cerrno>
#include <cstring>
#include <random>

#include "runtime/base/check.h"
#include "tests/sim/dataflow/kernel.h"

using penstock::sim::Kernel;

namespace {

template <class Function>
Function* real(Function*, const char* name) {
  auto* found = reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
  CHECK(found != nullptr);
  return found;
}

constexpr std::uint64_t kFibers = std::uint64_t{1} << 62;  // No address of a thread of the system.

}  // namespace

extern "C" {

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*body)(void*), void* argument) noexcept {
  Kernel* kernel = Kernel::in_fiber();
  if (kernel == nullptr) {
    static auto* const call = real(&pthread_create, "pthread_create");
    return call(thread, attributes, body, argument);
  }
  *thread = kFibers | kernel->spawn(kernel->process(), [body, argument] { body(argument); });
  return 0;
}

int pthread_join(pthread_t thread, void** result) {
  if ((thread & kFibers) == 0) {
    static auto* const call = real(&pthread_join, "pthread_join");
    return call(thread, result);
  }
  Kernel* kernel = Kernel::in_fiber();
  CHECK(kernel != nullptr);
  kernel->wait(penstock::base::kEndOfTime, [&] { return kernel->has_ended(thread & ~kFibers); });
  return 0;
}

int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
  Kernel* kernel = Kernel::in_fiber();
  if (kernel == nullptr) {
    static auto* const call = real(&pthread_mutex_lock, "pthread_mutex_lock");
    return call(mutex);
  }
  for (;;) {
    const int result = pthread_mutex_trylock(mutex);
    if (result != EBUSY) return result;
    kernel->take_time(1);
  }
}

int pthread_cond_wait(pthread_cond_t* condition, pthread_mutex_t* mutex) {
  Kernel* kernel = Kernel::in_fiber();
  CHECK(kernel != nullptr);  // Nothing else in this program waits.
  kernel->wait_for(condition, [mutex] { pthread_mutex_unlock(mutex); });
  return pthread_mutex_lock(mutex);
}

int pthread_cond_signal(pthread_cond_t* condition) noexcept {
  if (Kernel* kernel = Kernel::running()) kernel->notify(condition, false);
  return 0;
}

int pthread_cond_broadcast(pthread_cond_t* condition) noexcept {
  if (Kernel* kernel = Kernel::running()) kernel->notify(condition, true);
  return 0;
}

ssize_t getrandom(void* bytes, size_t size, unsigned flags) {
  Kernel* kernel = Kernel::in_fiber();
  if (kernel == nullptr) {
    static auto* const call = real(&getrandom, "getrandom");
    return call(bytes, size, flags);
  }
  auto* to = static_cast<unsigned char*>(bytes);
  for (size_t i = 0; i < size; ++i) to[i] = static_cast<unsigned char>(kernel->random().next());
  return static_cast<ssize_t>(size);
}

}  // extern "C"

/// The library would ask the processor.
std::random_device::result_type std::random_device::_M_getval() {
  Kernel* kernel = Kernel::running();
  CHECK(kernel != nullptr);
  return static_cast<result_type>(kernel->random().next());
}
