/// The border to control.proto: bytes of a peer become an Envelope that the rest may trust in shape, or an error.
/// Nothing else parses control messages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "proto/control.pb.h"
#include "runtime/base/error.h"

namespace penstock::proto {

constexpr std::uint32_t kControlVersion = 1;
constexpr std::size_t kMaxControlBytes = 80 << 20;  ///< Any message: a Submit or an Assignment with shipped files.
constexpr std::size_t kMaxOrdinaryBytes = 4 << 20;  ///< Every other message.
constexpr std::size_t kMaxShippedBytes = 64 << 20;  ///< All shipped files of a job together.

std::string encode(Envelope envelope);  ///< Sets the version.

/// Codes: control_version, control_too_large, control_malformed (bytes, no or unknown body, unknown enum value).
base::Result<Envelope> decode(std::string_view bytes);

Error to_proto(const base::Error& error);
base::Error from_proto(const Error& error);

}  // namespace penstock::proto
