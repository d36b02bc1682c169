/// Rows as text, so that a test can say what it expects in one line: `1, abc, null, [1, 2]`.
#pragma once

#include <charconv>
#include <string>

#include "runtime/base/time_text.h"
#include "runtime/record/rows.h"

namespace penstock::support {

inline std::string number_text(double value) {
  char digits[32];
  return {digits, std::to_chars(digits, digits + sizeof digits, value).ptr};
}

/// One cell: text as it is, timestamps as RFC 3339, `null`, lists in brackets.
inline std::string cell_text(const record::Column& column, std::uint32_t cell) {
  if (column.is_null(cell)) return "null";
  char time[64];
  switch (column.type.kind) {
    case record::Kind::kNull:
      return "null";
    case record::Kind::kBool:
      return column.cells<std::uint8_t>()[cell] != 0 ? "true" : "false";
    case record::Kind::kInt64:
      return std::to_string(column.cells<std::int64_t>()[cell]);
    case record::Kind::kFloat64:
      return number_text(column.cells<double>()[cell]);
    case record::Kind::kString:
    case record::Kind::kBytes:
      return std::string(column.cells<record::Text>()[cell]);
    case record::Kind::kTimestamp:
      return {time, base::format_timestamp(column.cells<std::int64_t>()[cell], time)};
    case record::Kind::kDuration:
      return {time, base::format_duration(column.cells<std::int64_t>()[cell], time)};
    case record::Kind::kList:
      break;
  }
  const auto slice = column.cells<record::ListSlice>()[cell];
  std::string text = "[";
  for (std::uint32_t i = 0; i < slice.length; ++i) {
    if (i > 0) text += ", ";
    text += cell_text(*column.child, slice.offset + i);
  }
  return text + "]";
}

/// All cells of row `row` (not cell), joined by ", ". A change other than an insert comes first: `update: 1, abc`.
inline std::string row_text(const record::Rows& rows, std::uint32_t row) {
  static constexpr const char* kChanges[] = {"", "update: ", "retract: ", "delete: "};
  const std::uint32_t cell = rows.cell(row);
  std::string text = rows.change != nullptr ? kChanges[static_cast<int>(rows.change[cell])] : "";
  for (std::size_t i = 0; i < rows.columns.size(); ++i) {
    if (i > 0) text += ", ";
    text += cell_text(rows.columns[i], cell);
  }
  return text;
}

}  // namespace penstock::support
