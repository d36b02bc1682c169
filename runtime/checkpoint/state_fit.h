/// Whether a topology can read what a checkpoint remembers: which nodes go on, which begin anew, what would be lost.
/// Pure.
#pragma once

#include <string>
#include <vector>

#include "proto/checkpoint.pb.h"

namespace penstock::checkpoint {

struct StateFit {
  std::vector<std::string> fits;   ///< Names of nodes.
  std::vector<std::string> fresh;  ///< In the topology only: they begin with nothing.
  struct Lost {
    std::string node;
    std::string why;  ///< "it is no longer there", "it remembered ..., now ..."
  };
  std::vector<Lost> lost;
};

/// `saved`: of the manifest; `wanted`: of the topology that is to go on.
StateFit state_fit(const std::vector<proto::NodeShape>& saved, const std::vector<proto::NodeShape>& wanted);

/// For people, a line for each of the three: "goes on: ...", "begins anew: ...", "would be lost: ...".
std::string in_words(const StateFit& fit);

}  // namespace penstock::checkpoint
