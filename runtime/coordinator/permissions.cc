#include "runtime/coordinator/permissions.h"

#include <fmt/core.h>

namespace penstock::coordinator {
namespace {

base::Error not_allowed(std::string text) { return {"not_allowed", std::move(text), base::Origin::kUser, false, {}}; }

bool only_looks(const proto::Request& request) {
  return request.has_list_jobs() || request.has_list_workers() || request.has_status() || request.has_logs() ||
         request.has_checkpoints();
}

/// The name that a worker's message claims to be from.
const std::string* claimed_name(const proto::Envelope& message) {
  if (message.has_register_worker()) return &message.register_worker().worker();
  if (message.has_heartbeat()) return &message.heartbeat().worker();
  if (message.has_leave()) return &message.leave().worker();
  return nullptr;
}

}  // namespace

std::optional<base::Error> why_not(const std::optional<channel::Access>& access, const proto::Envelope& message) {
  if (!access) return std::nullopt;
  if (const std::string* name = claimed_name(message)) {
    if (access->role != channel::Role::kWorker)
      return not_allowed(
          fmt::format("the key of '{}' is not a worker's; the access file gives it another role", access->name));
    if (*name != access->name)
      return not_allowed(fmt::format("the key of '{}' cannot be used by a worker named '{}'; start it with --name {}",
                                     access->name, *name, access->name));
    if (message.has_register_worker() && message.register_worker().public_key() != access->public_key)
      return not_allowed(fmt::format("'{}' registers with another key than its own", access->name));
    return std::nullopt;
  }
  if (!message.has_request() || access->role == channel::Role::kSubmit) return std::nullopt;
  if (access->role == channel::Role::kRead && only_looks(message.request())) return std::nullopt;
  return not_allowed(fmt::format("the key of '{}' may {}; the access file says which role each key has", access->name,
                                 access->role == channel::Role::kRead ? "only look" : "only be a worker's"));
}

}  // namespace penstock::coordinator
