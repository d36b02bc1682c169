#include "operators/formats/json_encoder.h"

#include "operators/formats/json_text.h"

namespace penstock::operators {

JsonEncoder::JsonEncoder(const record::Schema& schema) {
  for (const record::Field& field : schema.fields) {
    std::string escaped(field.name.size() * 6, '\0');
    escaped.resize(static_cast<std::size_t>(escape_json(field.name, escaped.data()) - escaped.data()));
    names_.push_back((names_.empty() ? "{\"" : ",\"") + escaped + "\":");
  }
}

void JsonEncoder::encode(const record::Rows& rows, std::string& out) {
  TextOut text(out);
  for (std::uint32_t row = 0; row < rows.count; ++row) {
    const std::uint32_t cell = rows.cell(row);
    if (names_.empty()) text.append('{');
    for (std::size_t i = 0; i < names_.size(); ++i) {
      text.append(names_[i]);
      cells_.write_json(rows.columns[i], cell, text);
    }
    text.append("}\n");
  }
}

}  // namespace penstock::operators
