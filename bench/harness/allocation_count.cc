#include "bench/harness/allocation_count.h"

#include <link.h>
#include <stdlib.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <new>

namespace {

std::atomic<std::uint64_t> own{0};
std::atomic<std::uint64_t> libzmq{0};
std::uintptr_t libzmq_begin = 0;
std::uintptr_t libzmq_end = 0;
/// Not zero, so that it lies in .tdata: mold 1.10 lets the read-only part of a program begin with a .tbss alone on a
/// page that is not mapped when the code ends just below a page boundary, and the program does not load.
thread_local bool counted = true;

int find_libzmq(dl_phdr_info* info, std::size_t, void*) {
  if (std::strstr(info->dlpi_name, "libzmq") == nullptr) return 0;
  libzmq_begin = info->dlpi_addr;
  libzmq_end = libzmq_begin;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const std::uintptr_t end = libzmq_begin + info->dlpi_phdr[i].p_vaddr + info->dlpi_phdr[i].p_memsz;
    if (info->dlpi_phdr[i].p_type == PT_LOAD && end > libzmq_end) libzmq_end = end;
  }
  return 1;
}

[[maybe_unused]] void count(const void* caller) {
  if (!counted) return;
  const auto at = reinterpret_cast<std::uintptr_t>(caller);
  auto& counter = at >= libzmq_begin && at < libzmq_end ? libzmq : own;
  counter.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

namespace penstock::bench {

AllocationCount allocations_so_far() {
  if (libzmq_end == 0) dl_iterate_phdr(find_libzmq, nullptr);
  return {own.load(std::memory_order_relaxed), libzmq.load(std::memory_order_relaxed)};
}
void leave_this_thread_uncounted() { counted = false; }

}  // namespace penstock::bench

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(PENSTOCK_SANITIZED)

bool penstock::bench::allocations_are_counted() { return false; }

#else

bool penstock::bench::allocations_are_counted() { return true; }

extern "C" {
void* __libc_malloc(std::size_t) noexcept;
void* __libc_calloc(std::size_t, std::size_t) noexcept;
void* __libc_realloc(void*, std::size_t) noexcept;
void* __libc_memalign(std::size_t, std::size_t) noexcept;

void* malloc(std::size_t size) noexcept {
  count(__builtin_return_address(0));
  return __libc_malloc(size);
}
void* calloc(std::size_t items, std::size_t size) noexcept {
  count(__builtin_return_address(0));
  return __libc_calloc(items, size);
}
void* realloc(void* old, std::size_t size) noexcept {
  count(__builtin_return_address(0));
  return __libc_realloc(old, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  count(__builtin_return_address(0));
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** out, std::size_t alignment, std::size_t size) noexcept {
  count(__builtin_return_address(0));
  *out = __libc_memalign(alignment, size);
  return *out == nullptr ? ENOMEM : 0;
}
}

// Replaced as well so that the caller seen is libzmq's code and not libstdc++'s.
void* operator new(std::size_t size) {
  count(__builtin_return_address(0));
  if (void* memory = __libc_malloc(size)) return memory;
  throw std::bad_alloc();
}
void* operator new[](std::size_t size) {
  count(__builtin_return_address(0));
  if (void* memory = __libc_malloc(size)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  count(__builtin_return_address(0));
  return __libc_malloc(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  count(__builtin_return_address(0));
  return __libc_malloc(size);
}
void operator delete(void* memory) noexcept { free(memory); }
void operator delete[](void* memory) noexcept { free(memory); }
void operator delete(void* memory, std::size_t) noexcept { free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { free(memory); }

#endif
