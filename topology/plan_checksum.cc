#include "topology/plan_checksum.h"

#include <xxhash.h>

#include "topology/plan_text.h"

namespace penstock::topology {

std::uint64_t plan_checksum(const Plan& plan) {
  const std::string text = plan_as_json(plan);
  return XXH3_64bits(text.data(), text.size());
}

}  // namespace penstock::topology
