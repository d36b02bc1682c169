#include "runtime/expression/json_text.h"

#include "runtime/expression/cell_text.h"

namespace penstock::expression {
namespace {

using record::Kind;
constexpr std::string_view kHex = "0123456789abcdef";

void append_escape(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      out += kHex[static_cast<std::size_t>(c >> 4)];
      out += kHex[static_cast<std::size_t>(c & 15)];
  }
}

void append_hex(std::string& out, std::string_view bytes) {
  out += '"';
  for (const char byte : bytes) {
    out += kHex[static_cast<unsigned char>(byte) >> 4];
    out += kHex[byte & 15];
  }
  out += '"';
}

void append_list(std::string& out, const record::Column& column, std::uint32_t cell) {
  const record::ListSlice slice = column.cells<record::ListSlice>()[cell];
  out += '[';
  for (std::uint32_t i = 0; i < slice.length; ++i) {
    if (i > 0) out += ',';
    append_json(out, *column.child, slice.offset + i);
  }
  out += ']';
}

/// A bool or number as it is, a time or duration in quotes.
void append_single(std::string& out, const record::Column& column, std::uint32_t cell) {
  const Kind kind = column.type.kind;
  char buffer[kLongestCellText];
  const std::size_t bytes = kind == Kind::kBool ? 1 : 8;
  const std::size_t size = write_cell(kind, static_cast<const std::byte*>(column.data) + cell * bytes, buffer);
  const bool quoted = kind == Kind::kTimestamp || kind == Kind::kDuration;
  if (quoted) out += '"';
  out.append(buffer, size);
  if (quoted) out += '"';
}

}  // namespace

void append_json_text(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\' || (c >= 0 && c < 0x20))
      append_escape(out, c);
    else
      out += c;
  }
  out += '"';
}

void append_json(std::string& out, const record::Column& column, std::uint32_t cell) {
  const Kind kind = column.type.kind;
  if (kind == Kind::kNull || column.is_null(cell)) {
    out += "null";
  } else if (kind == Kind::kString) {
    append_json_text(out, column.cells<record::Text>()[cell]);
  } else if (kind == Kind::kBytes) {
    append_hex(out, column.cells<record::Text>()[cell]);
  } else if (kind == Kind::kList) {
    append_list(out, column, cell);
  } else {
    append_single(out, column, cell);
  }
}

}  // namespace penstock::expression
