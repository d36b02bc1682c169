#include "operators/formats/csv_encoder.h"

namespace penstock::operators {
namespace {

/// Beside letters and digits, which are no delimiters: what numbers, timestamps, durations and Base64 are made of.
constexpr std::string_view kInPlainCells = "+-.:/=";

constexpr std::string_view kEmptyCell = "\"\"";

bool needs_quotes(std::string_view text, char delimiter) {
  if (text.empty()) return true;
  for (const char c : text)
    if (c == delimiter || c == '"' || c == '\n' || c == '\r') return true;
  return false;
}

void write_text(std::string_view text, char delimiter, TextOut& out) {
  if (!needs_quotes(text, delimiter)) return out.append(text);
  char* at = out.room(text.size() * 2 + 2);
  *at++ = '"';
  for (const char c : text) {
    *at++ = c;
    if (c == '"') *at++ = '"';
  }
  *at++ = '"';
  out.wrote(at);
}

}  // namespace

CsvEncoder::CsvEncoder(const record::Schema& schema, char delimiter, bool header)
    : delimiter_(delimiter), quotes_plain_(kInPlainCells.find(delimiter) != kInPlainCells.npos) {
  if (!header) return;
  TextOut out(header_);
  for (int i = 0; i < schema.size(); ++i) {
    if (i > 0) out.append(delimiter);
    write_text(schema[i].name, delimiter, out);
  }
  out.append('\n');
}

void CsvEncoder::encode(const record::Rows& rows, std::string& out) {
  TextOut text(out);
  const bool quotes_null = rows.columns.size() == 1 && !record::is_text(rows.columns[0].type.kind);
  for (std::uint32_t row = 0; row < rows.count; ++row) {
    const std::uint32_t cell = rows.cell(row);
    const std::size_t begin = text.size();
    for (std::size_t i = 0; i < rows.columns.size(); ++i) {
      if (i > 0) text.append(delimiter_);
      if (!rows.columns[i].is_null(cell)) write_cell(rows.columns[i], cell, text);
    }
    if (quotes_null && text.size() == begin) text.append(kEmptyCell);
    text.append('\n');
  }
}

void CsvEncoder::write_cell(const record::Column& column, std::uint32_t cell, TextOut& out) {
  if (column.type.kind == record::Kind::kString) return write_text(column.cells<record::Text>()[cell], delimiter_, out);
  if (column.type.kind != record::Kind::kList) {
    const bool is_bytes = column.type.kind == record::Kind::kBytes;
    if (is_bytes && column.cells<record::Text>()[cell].empty()) return out.append(kEmptyCell);
    if (quotes_plain_) return write_plain_with_care(column, cell, out);
    cells_.write_plain(column, cell, out);
    return;
  }
  text_.clear();
  {
    TextOut list(text_);
    cells_.write_json(column, cell, list);
  }
  write_text(text_, delimiter_, out);
}

void CsvEncoder::write_plain_with_care(const record::Column& column, std::uint32_t cell, TextOut& out) {
  const std::size_t begin = out.size();
  if (!cells_.write_plain(column, cell, out) || out.from(begin).find(delimiter_) == std::string_view::npos) return;
  text_ = out.from(begin);
  out.cut(begin);
  write_text(text_, delimiter_, out);
}

}  // namespace penstock::operators
