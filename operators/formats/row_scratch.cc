#include "operators/formats/row_scratch.h"

namespace penstock::operators {

using record::Kind;

bool RowScratch::find_fault(RecordFault& fault) const {
  for (std::size_t i = 0; i < plan_.size(); ++i) {
    if (plan_[i].nullable || marks_[i] == CellMark::kValue) continue;
    const char* what = marks_[i] == CellMark::kNull ? "is null" : "is missing";
    fault = {fault_code::kNullField, "field '" + plan_[i].name + "' " + what + ", expected " + type_text(plan_[i]) +
                                         " (the schema says it is never null: '!')"};
    return true;
  }
  return false;
}

void RowScratch::append(record::ColumnBuffer& column, Kind kind, const CellValue& value) const {
  switch (kind) {
    case Kind::kBool:
      column.append_bool(value.integer != 0);
      break;
    case Kind::kInt64:
    case Kind::kTimestamp:
    case Kind::kDuration:
      column.append_int(value.integer);
      break;
    case Kind::kFloat64:
      column.append_float(value.number);
      break;
    case Kind::kString:
    case Kind::kBytes:
      column.append_text(value.text);
      break;
    case Kind::kNull:
      column.append_null();
      break;
    case Kind::kList: {
      const Kind element_kind = column.type().element;
      for (std::uint32_t i = value.list.offset; i < value.list.offset + value.list.length; ++i) {
        if (elements_[i].mark == CellMark::kNull) {
          column.child().append_null();
        } else {
          append(column.child(), element_kind, elements_[i].value);
        }
      }
      column.append_list(value.list.length);
      break;
    }
  }
}

bool RowScratch::commit(record::RowsBuffer& out, RecordFault& fault) const {
  if (find_fault(fault)) return false;
  for (std::size_t i = 0; i < plan_.size(); ++i) {
    record::ColumnBuffer& column = out[static_cast<int>(i)];
    if (marks_[i] == CellMark::kValue) {
      append(column, plan_[i].type.kind, cells_[i]);
    } else {
      column.append_null();
    }
  }
  return true;
}

}  // namespace penstock::operators
