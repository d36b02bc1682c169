#include "runtime/coordinator/checkpoint_place.h"

#include <fmt/core.h>

#include <algorithm>

namespace penstock::coordinator {
std::string checkpoint_store_of(const topology::Plan& plan, const std::string& otherwise) {
  return plan.checkpoint_store.empty() ? otherwise : plan.checkpoint_store;
}

std::size_t checkpoints_to_keep(const topology::Plan& plan) {
  return static_cast<std::size_t>(std::max(plan.checkpoint_keep, 1));
}

std::string job_identity(const std::string& name, std::uint64_t key) {
  std::string safe;
  for (const char c : name)
    safe += (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ? c : '_';
  return fmt::format("{}-{:016x}", safe.substr(0, 64), key);
}

}  // namespace penstock::coordinator
