/// What a shell learns from penstock.
#pragma once

namespace penstock::tools {

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kUsage = 2;
constexpr int kBadTopology = 78;  ///< EX_CONFIG of sysexits.h.

}  // namespace penstock::tools
