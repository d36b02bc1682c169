#include "runtime/state/saved_tables.h"

#include <utility>

#include "runtime/state/hash_table.h"
#include "runtime/state/saved_space.h"
#include "runtime/state/tier_key.h"

namespace penstock::state {

base::Result<void> SavedTables::set_tier(std::unique_ptr<Tier> tier) {
  tier_ = std::move(tier);
  auto prefixes = tier_->prefixes();
  if (!prefixes) return tl::unexpected(prefixes.error());
  for (std::string& prefix : *prefixes) stored_.emplace(std::move(prefix), 0);
  return {};
}

void SavedTables::clear_space(const std::string& prefix) {
  const auto at = stored_.find(prefix);
  const bool in_tier = at != stored_.end() && at->second != generation_;
  if (at != stored_.end()) stored_.erase(at);
  if (in_tier) return next_->space(prefix).clear(true);
  if (const auto begun = next_->spaces.find(prefix); begun != next_->spaces.end()) begun->second.clear(false);
}

std::vector<std::string> SavedTables::spaces_of(std::string_view table_prefix) const {
  std::vector<std::string> found;
  for (auto at = stored_.lower_bound(table_prefix); at != stored_.end() && at->first.starts_with(table_prefix); ++at)
    if (const std::string_view space = space_of(at->first); !space.empty()) found.emplace_back(space);
  return found;
}

std::unique_ptr<Delta> SavedTables::take_next() {
  auto taken = std::exchange(next_, std::make_unique<Delta>());
  taken->generation = generation_++;
  aside_bytes_ = 0;
  return taken;
}

void SavedTables::flip() {
  snapshot_aside_bytes_ = aside_bytes_;
  snapshot_ = take_next();
  for (SavedSpace* space : spaces_) space->flip();
}

bool SavedTables::copy(std::size_t entries) {
  for (SavedSpace* space : spaces_)
    if (!space->copy(entries)) return false;
  for (; !left_behind_.empty(); left_behind_.pop_back())
    if (!left_behind_.back()->copy(entries)) return false;
  return true;
}

std::uint64_t SavedTables::memory_used() const {
  std::uint64_t sum = aside_bytes_ + snapshot_aside_bytes_;
  for (SavedSpace* space : spaces_) sum += space->table().memory_used() + space->memory_used();
  for (const auto& records : left_behind_) sum += records->memory_used();
  return sum;
}

std::uint64_t SavedTables::evictable_bytes() const {
  std::uint64_t sum = 0;
  for (SavedSpace* space : spaces_)
    if (space->table().evictable()) sum += space->table().memory_used();
  return sum;
}

void SavedTables::evict(std::uint64_t bytes) {
  for (SavedSpace* space : spaces_)
    if (space->table().evictable()) space->table().give_up(bytes);
}

std::unique_ptr<Delta> SavedTables::take() {
  snapshot_aside_bytes_ = 0;
  return std::move(snapshot_);
}

}  // namespace penstock::state
