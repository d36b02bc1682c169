/// One run of the product's own binary, `penstock`, from start to exit. THREAD: the caller's, which waits.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace penstock::bench {

struct ProcessCost {
  double wall_seconds = 0;
  double cpu_seconds = 0;
  double peak_rss_mb = 0;
};

std::string penstock_path();  ///< Beside the benchmark program.
/// What it prints goes to /dev/null. nullopt: it could not be started or its status was not 0 (said on standard
/// error).
std::optional<ProcessCost> run_penstock(const std::vector<std::string>& arguments);

}  // namespace penstock::bench
