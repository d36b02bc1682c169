/// What each role of the access file may say to the coordinator. Pure.
#pragma once

#include <optional>

#include "proto/control.pb.h"
#include "runtime/base/error.h"
#include "runtime/channel/security.h"

namespace penstock::coordinator {

/// Why this peer may not say this; nullopt: it may. Without keys (`access` is nullopt) all may say everything. Code
/// not_allowed.
std::optional<base::Error> why_not(const std::optional<channel::Access>& access, const proto::Envelope& message);

}  // namespace penstock::coordinator
