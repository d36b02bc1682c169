/// What a person is told when a run fails: what, where, and what to do next. Decided from the error's code.
#pragma once

#include <string>

#include "runtime/base/error.h"

namespace penstock::tools {

std::string failure_message(const std::string& job, const base::Error& error);

}  // namespace penstock::tools
