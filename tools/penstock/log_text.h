/// A job's log as `logs` prints it. Pure.
#pragma once

#include <string>

#include "proto/control.pb.h"

namespace penstock::tools {

/// "2026-03-14T06:00:00.250Z info  job 3 is running", without its line end.
std::string log_text(const proto::LogLine& line);

}  // namespace penstock::tools
