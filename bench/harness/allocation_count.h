/// Counts every malloc, calloc, realloc and operator new of this process: the allocator's entry points are replaced in
/// the benchmark program itself (never in the product). A call that comes straight from libzmq's code is counted apart;
/// calls of threads that said so (the one that watches the engine) are not counted. THREAD: any.
#pragma once

#include <cstdint>

namespace penstock::bench {

struct AllocationCount {
  std::uint64_t own = 0;     ///< By the engine and the libraries it calls, libzmq excepted.
  std::uint64_t libzmq = 0;  ///< By libzmq.
};

/// False in sanitizer builds, where the allocator belongs to the sanitizer.
bool allocations_are_counted();
AllocationCount allocations_so_far();
/// From now on what the calling thread allocates is not counted.
void leave_this_thread_uncounted();

}  // namespace penstock::bench
