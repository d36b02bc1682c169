/// One row as a line of JSON for people: error messages and dead letters. Not for the hot path.
#pragma once

#include <string>

#include "runtime/record/rows.h"

namespace penstock::task {

std::string row_as_text(const record::Rows& rows, std::uint32_t row);

struct Provenance {  ///< Where a row came from, as far as that is known in this task.
  std::string source;
  std::string partition;
  std::int64_t offset = -1;
};
Provenance trace(const record::Rows& rows, std::uint32_t row);

}  // namespace penstock::task
