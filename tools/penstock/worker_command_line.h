/// `worker ...` for a program of one's own that brings other operators: benchmarks have sinks of their own.
#pragma once

#include "runtime/api/registry.h"

namespace penstock::tools {

/// As command_line() of `penstock worker ...`; argv[1] is "worker".
int worker_command_line(int argc, char** argv, const api::Registry& registry);

}  // namespace penstock::tools
