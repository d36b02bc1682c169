/// Which key each peer name came with first: nobody else may speak under it, not even after its owner has gone. Keeps
/// the latest ones; a name is 16 random bytes of one connection, so none is needed for long. THREAD: its owner's.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

namespace penstock::channel {

class PeerKeys {
 public:
  explicit PeerKeys(std::size_t most = 10'000) : most_(most) {}

  /// A message of `peer` came under `key`. False: the name belongs to another key.
  bool belongs(const std::string& peer, std::string_view key) {
    const auto [at, fresh] = key_of_.try_emplace(peer, key);
    if (!fresh) return at->second == key;
    order_.push_back(peer);
    if (order_.size() > most_) {
      key_of_.erase(order_.front());
      order_.pop_front();
    }
    return true;
  }
  /// Empty: never heard of, or long ago.
  std::string_view key_of(const std::string& peer) const {
    const auto at = key_of_.find(peer);
    return at == key_of_.end() ? std::string_view() : at->second;
  }

 private:
  std::size_t most_;
  std::unordered_map<std::string, std::string> key_of_;
  std::deque<std::string> order_;
};

}  // namespace penstock::channel
