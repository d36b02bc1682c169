/// Random keys of every type for tests of state tables: few values of each kind, the awkward ones among them, so that
/// keys repeat; and keys as text, to be compared with a model.
#pragma once

#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "runtime/record/column_buffer.h"
#include "runtime/record/rows.h"

namespace penstock::state {

inline record::Schema schema_of(const std::vector<record::Type>& types) {
  record::Schema schema;
  for (const record::Type type : types) schema.fields.push_back({"f" + std::to_string(schema.fields.size()), type});
  return schema;
}

inline void append_random(record::ColumnBuffer& column, std::mt19937_64& random) {
  static const std::vector<std::string> texts = {"",
                                                 "a",
                                                 "ab",
                                                 "seven77",
                                                 "eight888",
                                                 "a text longer than eight bytes",
                                                 std::string(300, 'x'),
                                                 std::string("a\0b", 3),
                                                 std::string(1, '\0')};
  if (random() % 7 == 0) return column.append_null();
  switch (column.type().kind) {
    case record::Kind::kBool:
      return column.append_bool(random() % 2 == 0);
    case record::Kind::kFloat64: {
      const double values[] = {0.0, -0.0, 1.5, std::numeric_limits<double>::quiet_NaN(), -3};
      return column.append_float(values[random() % 5]);
    }
    case record::Kind::kString:
    case record::Kind::kBytes:
      return column.append_text(texts[random() % texts.size()]);
    case record::Kind::kList: {
      const auto length = static_cast<std::uint32_t>(random() % 3);
      for (std::uint32_t i = 0; i < length; ++i) append_random(column.child(), random);
      return column.append_list(length);
    }
    default:
      return column.append_int(static_cast<std::int64_t>(random() % 50) - 1);
  }
}

inline std::string shown(const record::Column& column, std::uint32_t cell) {
  if (column.is_null(cell)) return "null";
  switch (column.type.kind) {
    case record::Kind::kBool:
      return column.cells<std::uint8_t>()[cell] != 0 ? "true" : "false";
    case record::Kind::kFloat64: {
      const double value = column.cells<double>()[cell];
      return value != value ? "nan" : std::to_string(value == 0 ? 0.0 : value);
    }
    case record::Kind::kString:
    case record::Kind::kBytes:
      return "'" + std::string(column.cells<record::Text>()[cell]) + "'";
    case record::Kind::kList: {
      const record::ListSlice slice = column.cells<record::ListSlice>()[cell];
      std::string all = "[";
      for (std::uint32_t i = 0; i < slice.length; ++i) all += shown(*column.child, slice.offset + i) + ",";
      return all + "]";
    }
    default:
      return std::to_string(column.cells<std::int64_t>()[cell]);
  }
}

inline std::string key_of(const record::Rows& rows, std::uint32_t row) {
  std::string key;
  for (const record::Column& column : rows.columns) key += shown(column, rows.cell(row)) + "|";
  return key;
}

}  // namespace penstock::state
