/// Says when something may have happened in some directories: inotify, and a look now and then for file systems that do
/// not tell. THREAD: the source's.
#pragma once

#include <string>
#include <vector>

#include "runtime/api/context.h"

namespace penstock::operators {

class FollowWatch {
 public:
  FollowWatch() = default;
  FollowWatch(const FollowWatch&) = delete;
  FollowWatch& operator=(const FollowWatch&) = delete;
  ~FollowWatch();

  /// Watches these directories too (again is no harm).
  void add(const std::vector<std::string>& directories, api::Context& context);
  /// True when it is time to look; then arms the next look.
  bool is_due(api::Context& context);

  static constexpr base::Micros kLookEvery = 1'000'000;

 private:
  int descriptor_ = -1;
  base::Micros next_look_ = 0;
};

}  // namespace penstock::operators
