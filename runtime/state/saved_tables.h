/// What the saved tables of one task share: the deltas under way, which spaces the tier knows, and the tier. With
/// flip(), what is dirty then is copied to `snapshot`; what is cleared, erased, evicted or released afterwards goes to
/// `next`. Deltas are numbered (generations), in the order in which they are to be written. Owner: the TaskState.
/// THREAD: the task's executor.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/error.h"
#include "runtime/state/delta.h"
#include "runtime/state/left_behind.h"
#include "runtime/state/tier.h"

namespace penstock::state {

class SavedSpace;

class SavedTables {
 public:
  explicit SavedTables(bool bounded) : bounded_(bounded) {}
  /// Memory is limited, so entries of evictable tables are going to leave it.
  bool bounded() const { return bounded_; }
  std::uint32_t generation() const { return generation_; }  ///< Of `next`.
  Delta& next() { return *next_; }
  Delta& snapshot() { return *snapshot_; }
  bool is_stored(std::string_view prefix) const { return stored_.contains(prefix); }
  /// Its first entry goes into the delta of that generation.
  void stored(const std::string& prefix, std::uint32_t in) { stored_.emplace(prefix, in); }
  /// The space is empty from now on, whatever the tier still has of it.
  void clear_space(const std::string& prefix);
  std::vector<std::string> spaces_of(std::string_view table_prefix) const;

  void flip();
  bool copy(std::size_t entries);
  std::unique_ptr<Delta> take();  ///< After copy() has said true.

  /// So many bytes more of `next` are entries that have left memory.
  void set_aside(std::size_t bytes) { aside_bytes_ += bytes; }
  std::uint64_t aside_bytes() const { return aside_bytes_; }
  std::unique_ptr<Delta> take_next();  ///< While there is no snapshot.

  void leave_behind(std::unique_ptr<LeftBehind> records) { left_behind_.push_back(std::move(records)); }
  bool has_snapshot() const { return snapshot_ != nullptr; }

  bool has_tier() const { return tier_ != nullptr; }
  Tier& tier() const { return *tier_; }
  base::Result<void> set_tier(std::unique_ptr<Tier> tier);
  void fail(base::Error error) {
    if (!fault_) fault_ = std::move(error);
  }
  const base::Error* fault() const { return fault_ ? &*fault_ : nullptr; }

  void add(SavedSpace* space) { spaces_.push_back(space); }
  void remove(SavedSpace* space) { std::erase(spaces_, space); }
  std::uint64_t memory_used() const;
  std::uint64_t evictable_bytes() const;
  void evict(std::uint64_t bytes);  ///< About so many, from evictable tables.

 private:
  const bool bounded_;
  std::uint32_t generation_ = 1;
  std::unique_ptr<Delta> next_ = std::make_unique<Delta>();
  std::unique_ptr<Delta> snapshot_;
  std::uint64_t aside_bytes_ = 0;
  std::uint64_t snapshot_aside_bytes_ = 0;                    ///< The same of `snapshot`.
  std::map<std::string, std::uint32_t, std::less<>> stored_;  ///< Since which generation; 0: restored.
  std::unique_ptr<Tier> tier_;
  std::optional<base::Error> fault_;
  std::vector<SavedSpace*> spaces_;
  std::vector<std::unique_ptr<LeftBehind>> left_behind_;  ///< Of the snapshot under way.
};

}  // namespace penstock::state
