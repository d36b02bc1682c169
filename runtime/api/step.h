/// "Can you take this now?"
#pragma once

#include <cstdint>

namespace penstock::api {

enum class Step : std::uint8_t {
  kIdle,      ///< Nothing to do until something arrives (a descriptor, a timer, a wake-up).
  kBlocked,   ///< Unfinished because the output is full; call resume() when it is ready.
  kProgress,  ///< Did something; there may be more.
  kDone,      ///< Finished with what was given (process, resume, ...), or for good (Source::read, flush).
};

}  // namespace penstock::api
