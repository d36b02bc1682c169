/// One row as a line of JSON for people: error messages and dead letters. Not for the hot path.
#pragma once

#include <string>
#include <string_view>

#include "runtime/base/utf8_text.h"
#include "runtime/record/rows.h"

namespace penstock::task {

/// `most`: texts and lists are cut short so that the line does not become much longer than so many bytes a field.
std::string row_as_text(const record::Rows& rows, std::uint32_t row, std::size_t most = std::string::npos);

using base::as_utf8;  // What stood in a broken record may be kept in a string field all the same.

struct Provenance {  ///< Where a row came from, as far as that is known in this task.
  std::string source;
  std::string partition;
  std::int64_t offset = -1;
};
Provenance trace(const record::Rows& rows, std::uint32_t row);

}  // namespace penstock::task
