#include "runtime/coordinator/checkpoint_place.h"

#include <fmt/core.h>

#include <algorithm>

namespace penstock::coordinator {
namespace {

constexpr std::size_t kKeptByDefault = 3;

template <class P>
std::string store_named_by(const P& plan) {
  if constexpr (requires { plan.checkpoint_store; })
    return plan.checkpoint_store;
  else
    return {};
}

template <class P>
std::size_t kept_as_named_by(const P& plan) {
  if constexpr (requires { plan.checkpoint_keep; })
    return static_cast<std::size_t>(std::max<decltype(plan.checkpoint_keep)>(plan.checkpoint_keep, 1));
  else
    return kKeptByDefault;
}

}  // namespace

std::string checkpoint_store_of(const topology::Plan& plan, const std::string& otherwise) {
  std::string named = store_named_by(plan);
  return named.empty() ? otherwise : named;
}

std::size_t checkpoints_to_keep(const topology::Plan& plan) { return kept_as_named_by(plan); }

std::string job_identity(const std::string& name, std::uint64_t key) {
  std::string safe;
  for (const char c : name)
    safe += (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ? c : '_';
  return fmt::format("{}-{:016x}", safe.substr(0, 64), key);
}

}  // namespace penstock::coordinator
