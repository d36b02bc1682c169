#include "tools/penstock/watched_job.h"

#include <poll.h>

namespace penstock::tools {

bool WatchedLocalJob::wait(int signals, int timeout_ms) {
  pollfd waiting[2] = {{job_.ended_descriptor(), POLLIN, 0}, {signals, POLLIN, 0}};
  poll(waiting, 2, timeout_ms);
  return (waiting[0].revents & POLLIN) != 0 && job_.wait(base::kEndOfTime);
}

}  // namespace penstock::tools
