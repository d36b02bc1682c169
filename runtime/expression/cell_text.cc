#include "runtime/expression/cell_text.h"

#include "runtime/base/number_text.h"
#include "runtime/base/time_text.h"

namespace penstock::expression {

using record::Kind;

std::size_t write_cell(Kind kind, const void* cell, char* out) {
  switch (kind) {
    case Kind::kBool: {
      const std::string_view word = *static_cast<const std::uint8_t*>(cell) != 0 ? "true" : "false";
      std::memcpy(out, word.data(), word.size());
      return word.size();
    }
    case Kind::kFloat64:
      return base::format_float64(*static_cast<const double*>(cell), out);
    case Kind::kTimestamp:
      return base::format_timestamp(*static_cast<const std::int64_t*>(cell), out);
    case Kind::kDuration:
      return base::format_duration(*static_cast<const std::int64_t*>(cell), out);
    default:
      return base::format_int64(*static_cast<const std::int64_t*>(cell), out);
  }
}

std::string cell_text(const record::Column& column, std::uint32_t cell) {
  if (column.type.kind == Kind::kNull || column.is_null(cell)) return "null";
  if (record::is_text(column.type.kind)) return std::string(column.cells<record::Text>()[cell]);
  if (column.type.kind == Kind::kList) {
    const record::ListSlice slice = column.cells<record::ListSlice>()[cell];
    std::string result = "[";
    for (std::uint32_t i = 0; i < slice.length; ++i) {
      result += (i == 0 ? "" : ", ") + cell_text(*column.child, slice.offset + i);
    }
    return result + "]";
  }
  char buffer[kLongestCellText];
  const std::size_t size = column.type.kind == Kind::kBool ? 1 : 8;
  return {buffer, write_cell(column.type.kind, static_cast<const std::byte*>(column.data) + cell * size, buffer)};
}

}  // namespace penstock::expression
