/// Runs one measurement in a forked child, so that memory, CPU and allocator state of one never count for another.
/// THREAD: the caller's, which must be the only one of the process when run_in_child is called.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <type_traits>

namespace penstock::bench {

/// Forks; the child calls `work` (which writes its answer to the `size` bytes it is given, or returns false) and exits.
/// False when the child failed or died; it has then said why on standard error.
bool run_in_child(void* answer, std::size_t size, const std::function<bool(void*)>& work);

/// The same for a plain struct. nullopt: the child failed.
template <class Answer>
std::optional<Answer> in_child(const std::function<bool(Answer&)>& work) {
  static_assert(std::is_trivially_copyable_v<Answer>);
  std::optional<Answer> answer(std::in_place);
  const bool good = run_in_child(&*answer, sizeof(Answer), [&](void* to) { return work(*static_cast<Answer*>(to)); });
  if (!good) answer.reset();
  return answer;
}

}  // namespace penstock::bench
