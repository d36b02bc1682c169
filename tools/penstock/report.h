/// The report of a run, for machines: docs/running.md describes it.
#pragma once

#include <string>

#include "tools/penstock/run_outcome.h"

namespace penstock::tools {

/// One JSON document on one line.
std::string report_json(const RunOutcome& outcome);

/// Writes `text` so that `path` holds either what it held before or all of it.
base::Result<void> write_whole_file(const std::string& path, const std::string& text);

}  // namespace penstock::tools
