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

void SavedTables::flip() {
  snapshot_ = std::exchange(next_, std::make_unique<Delta>());
  snapshot_->generation = generation_++;
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
  std::uint64_t sum = 0;
  for (SavedSpace* space : spaces_) sum += space->table().memory_used();
  for (const auto& records : left_behind_) sum += records->memory_used();
  return sum;
}

std::uint64_t SavedTables::evictable_bytes() const {
  std::uint64_t sum = 0;
  for (SavedSpace* space : spaces_)
    if (space->table().evictable()) sum += space->table().memory_used();
  return sum;
}

std::uint64_t SavedTables::dirty_bytes() const {
  std::uint64_t sum = 0;
  for (SavedSpace* space : spaces_)
    if (space->table().evictable()) sum += space->dirty() * space->table().bytes_an_entry();
  return sum;
}

void SavedTables::evict(std::uint64_t bytes) {
  for (SavedSpace* space : spaces_)
    if (space->table().evictable()) space->table().give_up(bytes);
}

std::unique_ptr<Delta> SavedTables::take() { return std::move(snapshot_); }

}  // namespace penstock::state
