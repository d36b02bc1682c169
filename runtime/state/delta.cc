#include "runtime/state/delta.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace penstock::state {
namespace {
constexpr std::size_t kFirstChunkBytes = 1 << 10;
constexpr std::size_t kChunkBytes = 256 << 10;
}  // namespace

char* SpaceDelta::room_for(std::size_t bytes) {
  if (bytes > left_) {
    left_ = std::max(bytes, chunks_.empty() ? kFirstChunkBytes : kChunkBytes);
    chunks_.push_back(std::unique_ptr<char[]>(new char[left_]));
    at_ = chunks_.back().get();
  }
  char* room = at_;
  at_ += bytes;
  left_ -= bytes;
  bytes_ += bytes;
  return room;
}

void SpaceDelta::put(std::uint64_t hash, std::string_view key, std::string_view value) {
  char* bytes = room_for(key.size() + value.size());
  if (!key.empty()) std::memcpy(bytes, key.data(), key.size());
  if (!value.empty()) std::memcpy(bytes + key.size(), value.data(), value.size());
  items_.push_back({hash, bytes, static_cast<std::uint32_t>(key.size()), static_cast<std::uint32_t>(value.size())});
}

void SpaceDelta::gone(std::uint64_t hash, std::string_view key) {
  put(hash, key, {});
  items_.back().value_bytes = kGone;
}

void SpaceDelta::clear(bool in_tier) {
  items_.clear();
  chunks_.clear();
  at_ = nullptr;
  left_ = bytes_ = 0;
  cleared_ |= in_tier;
}

/// By the upper half a byte at a time, least first (they are as good as random, so few are left to be moved), then in
/// place. Keeps the order of equal ones.
void SpaceDelta::sort_by_hash() {
  constexpr std::size_t kFew = 256;
  const auto less = [](const Item& a, const Item& b) { return a.hash < b.hash; };
  if (items_.size() < kFew) return std::stable_sort(items_.begin(), items_.end(), less);
  std::vector<Item> other(items_.size());
  for (int shift = 32; shift < 64; shift += 8) {
    std::array<std::size_t, 257> place{};
    for (const Item& item : items_) ++place[(item.hash >> shift & 0xff) + 1];
    for (std::size_t byte = 1; byte < place.size(); ++byte) place[byte] += place[byte - 1];
    for (const Item& item : items_) other[place[item.hash >> shift & 0xff]++] = item;
    items_.swap(other);
  }
  for (std::size_t i = 1; i < items_.size(); ++i) {
    const Item item = items_[i];
    std::size_t at = i;
    for (; at > 0 && less(item, items_[at - 1]); --at) items_[at] = items_[at - 1];
    items_[at] = item;
  }
}

const std::vector<SpaceDelta::Item>& SpaceDelta::sort() {
  const auto before = [](const Item& a, const Item& b) {
    return a.hash != b.hash ? a.hash < b.hash : a.key() < b.key();
  };
  sort_by_hash();
  for (auto at = items_.begin(); at != items_.end();) {  // Keys of one hash are few.
    auto end = at + 1;
    while (end != items_.end() && end->hash == at->hash) ++end;
    if (end - at > 1) std::stable_sort(at, end, before);
    at = end;
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < items_.size(); ++i) {
    const bool again = i + 1 < items_.size() && !before(items_[i], items_[i + 1]);
    if (!again) items_[kept++] = items_[i];
  }
  items_.resize(kept);
  return items_;
}

}  // namespace penstock::state
