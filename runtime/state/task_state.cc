#include "runtime/state/task_state.h"

#include <utility>

#include "runtime/state/memory_store.h"
#include "runtime/state/saved_state.h"

namespace penstock::state {
namespace {

class MemoryState final : public TaskState {
 public:
  explicit MemoryState(GroupRange groups) : store_(groups) {}
  api::StateStore& store_of(std::string_view) override { return store_; }
  base::Result<void> open() override { return {}; }
  bool is_saved() const override { return false; }
  void flip() override {}
  bool copy(std::size_t) override { return true; }
  std::unique_ptr<StateDelta> take() override { return nullptr; }
  base::Result<std::vector<SavedFile>> persist(std::unique_ptr<StateDelta>, const std::string&) override {
    return std::vector<SavedFile>{};
  }
  bool tend() override { return false; }
  std::unique_ptr<StateDelta> take_evicted() override { return nullptr; }
  bool wants_to_write() const override { return false; }
  bool is_full() const override { return false; }
  base::Result<void> write(const StateDelta&) override { return {}; }
  std::uint64_t memory_used() const override { return 0; }
  const base::Error* fault() const override { return nullptr; }

 private:
  MemoryStore store_;
};

}  // namespace

std::unique_ptr<TaskState> make_task_state(TaskStateOptions options) {
  if (options.directory.empty()) return std::make_unique<MemoryState>(options.groups);
  return std::make_unique<SavedState>(std::move(options));
}

}  // namespace penstock::state
