/// A played cluster whose jobs keep checkpoints, so that they go on after an interruption.
#pragma once

#include <string>
#include <vector>

#include "tests/unit/runtime/coordinator/played_cluster.h"

namespace penstock::coordinator {

class JobRecovery : public PlayedCluster {
 protected:
  JobRecovery() {
    store_ = "file:///store";
    state_.timing.lease = 1'000 * kSecond;  // Nobody is silent here.
  }

  std::vector<Action>& breaks(const std::string& name) { return happens(PeerUnreachable{peer(name, 1)}); }
  proto::JobReport peer_lost(const std::string& lost, std::uint32_t attempt = 1) {
    proto::JobReport report = failed("peer_lost", lost);
    report.set_attempt(attempt);
    return report;
  }
};

}  // namespace penstock::coordinator
