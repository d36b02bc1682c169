#include "runtime/task/row_text.h"

#include <fmt/format.h>

#include "runtime/base/time_text.h"

namespace penstock::task {
namespace {

using record::Column;
using record::Kind;

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20)
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    else
      out += c;
  }
  out += '"';
}

/// `most`: bytes after which a text, or the list that makes `out` so long, is cut short.
void append_cell(std::string& out, const Column& column, std::uint32_t cell, std::size_t most) {
  if (column.type.kind == Kind::kNull || column.is_null(cell)) {
    out += "null";
    return;
  }
  char text[64];
  switch (column.type.kind) {
    case Kind::kBool:
      out += column.cells<std::uint8_t>()[cell] != 0 ? "true" : "false";
      break;
    case Kind::kInt64:
      out += std::to_string(column.cells<std::int64_t>()[cell]);
      break;
    case Kind::kFloat64:
      out += fmt::format("{}", column.cells<double>()[cell]);
      break;
    case Kind::kString:
    case Kind::kBytes:
      append_quoted(out, column.cells<record::Text>()[cell].substr(0, most));
      break;
    case Kind::kTimestamp:
      append_quoted(out, {text, base::format_timestamp(column.cells<std::int64_t>()[cell], text)});
      break;
    case Kind::kDuration:
      append_quoted(out, {text, base::format_duration(column.cells<std::int64_t>()[cell], text)});
      break;
    case Kind::kList: {
      const auto slice = column.cells<record::ListSlice>()[cell];
      out += '[';
      for (std::uint32_t i = 0; i < slice.length && out.size() <= most; ++i) {
        if (i > 0) out += ',';
        append_cell(out, *column.child, slice.offset + i, most);
      }
      out += ']';
      break;
    }
    case Kind::kNull:
      break;
  }
}

}  // namespace

std::string row_as_text(const record::Rows& rows, std::uint32_t row, std::size_t most) {
  std::string out = "{";
  for (int field = 0; field < rows.schema->size(); ++field) {
    if (field > 0) out += ',';
    append_quoted(out, (*rows.schema)[field].name);
    out += ':';
    append_cell(out, rows.columns[static_cast<std::size_t>(field)], rows.cell(row), most);
  }
  return out + "}";
}

Provenance trace(const record::Rows& rows, std::uint32_t row) {
  const record::Rows* at = &rows;
  while (at->origin == nullptr && at->parent != nullptr) {
    const std::uint32_t cell = at->cell(row);
    row = at->parent_row != nullptr ? at->parent_row[cell] : cell;
    at = at->parent;
  }
  if (at->origin == nullptr) return {};
  const record::RunOrigin& origin = *at->origin;
  return {std::string(origin.source), std::string(origin.partition),
          origin.offset != nullptr ? origin.offset[at->cell(row)] : -1};
}

}  // namespace penstock::task
