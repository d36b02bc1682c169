/// A TaskState with a tier. Owner and THREAD: as TaskState says.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/state/saved_store.h"
#include "runtime/state/saved_tables.h"
#include "runtime/state/state_image.h"
#include "runtime/state/task_state.h"

namespace penstock::state {

class SavedState final : public TaskState {
 public:
  explicit SavedState(TaskStateOptions options) : options_(std::move(options)), tables_(options_.memory_bytes > 0) {}
  api::StateStore& store_of(std::string_view node) override;
  base::Result<void> open() override;
  bool is_saved() const override { return true; }
  void flip() override;
  bool copy(std::size_t entries) override { return tables_.copy(entries); }
  std::unique_ptr<StateDelta> take() override;
  base::Result<std::vector<SavedFile>> persist(std::unique_ptr<StateDelta> delta,
                                               const std::string& directory) override;
  bool tend() override;
  std::unique_ptr<StateDelta> take_evicted() override;
  bool wants_to_write() const override { return wants_to_write_; }
  bool is_full() const override { return is_full_; }
  base::Result<void> write(const StateDelta& delta) override;
  std::uint64_t memory_used() const override;
  const base::Error* fault() const override { return tables_.fault(); }

 private:
  bool is_ours(std::string_view node) const;
  base::Result<void> restore(Tier& tier);
  base::Result<void> write_pending(std::uint32_t up_to);
  void finish_snapshot();
  void put_aside(std::unique_ptr<Delta> delta);
  std::unique_ptr<StateDelta> ticket_for(std::unique_ptr<Delta> delta);
  std::uint64_t pending_bytes() const { return pending_bytes_.load(std::memory_order_relaxed); }
  std::uint64_t overdrawn(std::uint64_t used) const;

  TaskStateOptions options_;
  SavedTables tables_;
  std::map<std::string, SavedStore, std::less<>> stores_;
  bool wants_to_write_ = false, is_full_ = false;  ///< After tend().
  StateImages images_;                             ///< The blocking thread's.
  std::atomic<std::uint64_t> pending_bytes_{0};
  std::mutex mutex_;
  struct Pending {
    std::unique_ptr<Delta> delta;
    std::size_t bytes;  ///< When it came: writing it, even in vain, makes it smaller.
  };
  std::deque<Pending> pending_;  ///< Taken and not in the tier: the next persist() writes them all.
};

}  // namespace penstock::state
