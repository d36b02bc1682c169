#include "runtime/state/saved_state.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "runtime/base/failpoint.h"

namespace penstock::state {
namespace {

/// What persist() is told by: the delta itself stays here until it is in the tier, so that none is ever lost, whatever
/// becomes of its checkpoint.
class DeltaTicket final : public StateDelta {
 public:
  DeltaTicket(std::uint32_t generation, std::size_t bytes) : generation_(generation), bytes_(bytes) {}
  std::size_t bytes() const override { return bytes_; }
  std::uint32_t generation() const { return generation_; }

 private:
  std::uint32_t generation_;
  std::size_t bytes_;
};

/// What has been evicted is written when it takes up that part of the budget, but not by the handful.
constexpr std::uint64_t kAsideShare = 8, kLeastAside = 4 << 10;

bool same(GroupRange a, GroupRange b) { return a.first == b.first && a.last == b.last; }
base::Result<void> make_directory(const std::string& path) {
  std::error_code failed;
  std::filesystem::create_directories(path, failed);
  if (!failed) return {};
  return base::fail("state_write_failed", "no directory for keyed state: " + failed.message(), path,
                    base::Origin::kEnvironment);
}
GroupRange common(GroupRange a, GroupRange b) { return {std::max(a.first, b.first), std::min(a.last, b.last)}; }

}  // namespace

api::StateStore& SavedState::store_of(std::string_view node) {
  const auto known = stores_.find(node);
  if (known != stores_.end()) return known->second;
  return stores_.try_emplace(std::string(node), tables_, std::string(node), options_.groups).first->second;
}

base::Result<void> SavedState::open() {
  if (auto made = make_directory(options_.directory); !made) return made;
  const auto& former = options_.former;
  for (const FormerState& one : former)
    if (auto checked = check_files(one); !checked) return checked;
  base::failpoint("state.files.checked");
  const bool as_it_was = former.size() == 1 && !former[0].files.empty() && same(former[0].groups, options_.groups) &&
                         std::all_of(former[0].nodes.begin(), former[0].nodes.end(),
                                     [this](const std::string& node) { return is_ours(node); });
  if (as_it_was) {
    if (auto linked = link_files(former[0], options_.directory); !linked) return linked;
    images_.know(former[0]);
  }
  auto tier = Tier::open(options_.directory);
  if (!tier) return tl::unexpected(tier.error());
  base::failpoint("state.tier.opened");
  if (!as_it_was)
    if (auto restored = restore(**tier); !restored) return restored;
  return tables_.set_tier(std::move(*tier));
}

bool SavedState::is_ours(std::string_view node) const {
  return options_.nodes.empty() ||
         std::find(options_.nodes.begin(), options_.nodes.end(), node) != options_.nodes.end();
}

/// Key groups have been dealt out anew: what each former task had of ours is copied.
base::Result<void> SavedState::restore(Tier& tier) {
  for (const FormerState& former : options_.former) {
    const GroupRange groups = common(former.groups, options_.groups);
    if (groups.first >= groups.last || former.files.empty()) continue;
    const std::string linked = options_.directory + "/former";  // The state's own directory stays as it is.
    if (auto made = make_directory(linked); !made) return made;
    if (auto done = link_files(former, linked); !done) return done;
    {
      auto other = Tier::open(linked);
      if (!other) return tl::unexpected(other.error());
      const auto ours = [this](std::string_view node) { return is_ours(node); };
      if (auto taken = tier.take_over(**other, groups, ours); !taken) return taken;
      base::failpoint("state.tier.taken_over");
    }
    std::error_code ignored;
    std::filesystem::remove_all(linked, ignored);
  }
  return {};
}

/// One that nobody took is kept for the next persist().
void SavedState::finish_snapshot() {
  if (!tables_.has_snapshot()) return;
  while (!tables_.copy(std::size_t{1} << 30)) {
  }
  put_aside(tables_.take());
}

void SavedState::flip() {
  finish_snapshot();
  tables_.flip();
}

void SavedState::put_aside(std::unique_ptr<Delta> delta) {
  const std::size_t bytes = delta->bytes();
  pending_bytes_ += bytes;
  const std::lock_guard lock(mutex_);
  pending_.push_back({std::move(delta), bytes});
}

std::unique_ptr<StateDelta> SavedState::take() {
  while (!tables_.copy(std::size_t{1} << 30)) {
  }
  return ticket_for(tables_.take());
}

std::unique_ptr<StateDelta> SavedState::take_evicted() {
  finish_snapshot();
  return ticket_for(tables_.take_next());
}

std::unique_ptr<StateDelta> SavedState::ticket_for(std::unique_ptr<Delta> delta) {
  auto ticket = std::make_unique<DeltaTicket>(delta->generation, delta->bytes());
  put_aside(std::move(delta));
  return ticket;
}

base::Result<void> SavedState::write_pending(std::uint32_t up_to) {
  for (;;) {
    Delta* first = nullptr;
    {
      const std::lock_guard lock(mutex_);
      if (pending_.empty() || pending_.front().delta->generation > up_to) return {};
      first = pending_.front().delta.get();
    }
    if (auto written = tables_.tier().write(*first); !written) return written;
    base::failpoint("state.tier.written");
    const std::lock_guard lock(mutex_);
    pending_bytes_ -= pending_.front().bytes;
    pending_.pop_front();
  }
}

base::Result<std::vector<SavedFile>> SavedState::persist(std::unique_ptr<StateDelta> delta,
                                                         const std::string& directory) {
  const auto* ticket = static_cast<const DeltaTicket*>(delta.get());
  if (auto written = write_pending(ticket->generation()); !written) return tl::unexpected(written.error());
  auto files = tables_.tier().files();
  auto saved = files ? images_.write(options_.directory, *files, directory)
                     : base::Result<std::vector<SavedFile>>(tl::unexpected(files.error()));
  tables_.tier().release_files();
  return saved;
}

base::Result<void> SavedState::write(const StateDelta& delta) {
  return write_pending(static_cast<const DeltaTicket&>(delta).generation());
}

/// Where other tables take up all the memory, nothing is won by waiting.
std::uint64_t SavedState::overdrawn(std::uint64_t used) const {
  const std::uint64_t over = used - std::min<std::uint64_t>(used, options_.memory_bytes);
  const std::uint64_t can_go = tables_.evictable_bytes() / 2 + tables_.aside_bytes() + pending_bytes();
  return std::min(over, can_go);
}

bool SavedState::tend() {
  if (options_.memory_bytes == 0) return false;
  const std::uint64_t used = memory_used();
  if (used > options_.memory_bytes) tables_.evict(used - options_.memory_bytes);
  const std::uint64_t left = memory_used(), pending = pending_bytes();
  const bool is_over = overdrawn(left) > options_.memory_bytes / 4;
  // What a failed checkpoint has left pending is written too, where it takes up the room.
  wants_to_write_ =
      tables_.aside_bytes() > std::max(options_.memory_bytes / kAsideShare, kLeastAside) || (is_over && pending > 0);
  // Only as long as something can be done about it: empty tables may be more than the budget.
  is_full_ = is_over && (wants_to_write_ || tables_.has_snapshot() || left < used);
  return left < used;
}

std::uint64_t SavedState::memory_used() const {
  const std::uint64_t tables = tables_.memory_used() + pending_bytes();
  return tables_.has_tier() ? tables + tables_.tier().memory_used() : tables;
}

}  // namespace penstock::state
