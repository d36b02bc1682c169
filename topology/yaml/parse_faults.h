/// What yaml-cpp's terse words mean for someone who writes a topology.
#pragma once

#include <string>

#include "topology/yaml/report.h"

namespace penstock::topology {

/// Reports a syntax error that yaml-cpp found at byte `at`, in words that say what to do.
void report_syntax_error(const std::string& reason, std::size_t at, Report& report);

}  // namespace penstock::topology
