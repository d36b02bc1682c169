#include "runtime/state/delta.h"

#include <algorithm>
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

const std::vector<SpaceDelta::Item>& SpaceDelta::sort() {
  const auto before = [](const Item& a, const Item& b) {
    return a.hash != b.hash ? a.hash < b.hash : a.key() < b.key();
  };
  std::stable_sort(items_.begin(), items_.end(), before);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < items_.size(); ++i) {
    const bool again = i + 1 < items_.size() && !before(items_[i], items_[i + 1]);
    if (!again) items_[kept++] = items_[i];
  }
  items_.resize(kept);
  return items_;
}

}  // namespace penstock::state
