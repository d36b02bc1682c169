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

namespace {

void append_scalar(record::ColumnBuffer& column, Kind kind, const CellValue& value) {
  switch (kind) {
    case Kind::kBool:
      return column.append_bool(value.integer != 0);
    case Kind::kInt64:
    case Kind::kTimestamp:
    case Kind::kDuration:
      return column.append_int(value.integer);
    case Kind::kFloat64:
      return column.append_float(value.number);
    case Kind::kString:
    case Kind::kBytes:
      return column.append_text(value.text);
    case Kind::kNull:
    case Kind::kList:
      return column.append_null();
  }
}

}  // namespace

void RowScratch::append_list(record::ColumnBuffer& column, record::ListSlice list) const {
  const Kind kind = column.type().element;
  for (std::uint32_t i = list.offset; i < list.offset + list.length; ++i) {
    if (elements_[i].mark == CellMark::kNull) {
      column.child().append_null();
    } else {
      append_scalar(column.child(), kind, elements_[i].value);
    }
  }
  column.append_list(list.length);
}

bool RowScratch::commit(record::RowsBuffer& out, RecordFault& fault) const {
  if (has_required_ && find_fault(fault)) return false;
  for (std::size_t i = 0; i < plan_.size(); ++i) {
    record::ColumnBuffer& column = out[static_cast<int>(i)];
    if (marks_[i] != CellMark::kValue) {
      column.append_null();
    } else if (plan_[i].type.kind == Kind::kList) {
      append_list(column, cells_[i].list);
    } else {
      append_scalar(column, plan_[i].type.kind, cells_[i]);
    }
  }
  return true;
}

}  // namespace penstock::operators
