/// What has changed in the saved tables of a task in one generation, on its way to the tier: per space, whether all of
/// it was cleared first, and the entries put or gone since. Made on the executor, then handed to the blocking thread;
/// one at a time has it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::state {

class SpaceDelta {
 public:
  /// The latest about a key counts.
  struct Item {
    std::uint64_t hash;
    const char* bytes;  ///< Key, then value.
    std::uint32_t key_bytes;
    std::uint32_t value_bytes;  ///< kGone: the key is no more.
    std::string_view key() const { return {bytes, key_bytes}; }
    std::string_view value() const { return {bytes + key_bytes, value_bytes}; }
    bool gone() const { return value_bytes == kGone; }
  };
  static constexpr std::uint32_t kGone = 0xffff'ffff;

  void put(std::uint64_t hash, std::string_view key, std::string_view value);
  void gone(std::uint64_t hash, std::string_view key);
  /// Nothing of what was put so far remains; `in_tier`: nor of what the tier has.
  void clear(bool in_tier);
  void expect(std::size_t items) { items_.reserve(items_.size() + items); }

  bool cleared() const { return cleared_; }
  bool empty() const { return !cleared_ && items_.empty(); }
  std::size_t bytes() const { return bytes_ + items_.size() * sizeof(Item); }
  /// In the order of the tier, one per key.
  const std::vector<Item>& sort();

 private:
  char* room_for(std::size_t bytes);
  void sort_by_hash();
  std::vector<Item> items_;
  std::vector<std::unique_ptr<char[]>> chunks_;
  char* at_ = nullptr;
  std::size_t left_ = 0, bytes_ = 0;
  bool cleared_ = false;
};

struct Delta {
  std::uint32_t generation = 0;
  std::map<std::string, SpaceDelta, std::less<>> spaces{};  ///< By prefix; addresses stay.

  SpaceDelta& space(const std::string& prefix) { return spaces[prefix]; }
  std::size_t bytes() const {
    std::size_t sum = 0;
    for (const auto& [prefix, space] : spaces) sum += space.bytes();
    return sum;
  }
};

}  // namespace penstock::state
