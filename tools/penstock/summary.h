/// The closing table of a run, for people.
#pragma once

#include <string>

#include "tools/penstock/run_outcome.h"

namespace penstock::tools {

/// Lines as they are printed: one per node, only the columns in which something happened, then errors by code.
std::string summary(const RunOutcome& outcome);

}  // namespace penstock::tools
