/// The cells of one record while it is being decoded. They reach the columns only when the whole record is good, so a
/// bad field leaves nothing behind. THREAD: the decoder's.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "operators/formats/fault.h"
#include "operators/formats/row_plan.h"
#include "runtime/record/column_buffer.h"

namespace penstock::operators {

union CellValue {
  std::int64_t integer;  ///< bool (0, 1), int64, timestamp, duration
  double number;
  record::Text text;
  record::ListSlice list;  ///< Into RowScratch's elements.
  CellValue() : integer(0) {}
};

enum class CellMark : std::uint8_t { kMissing, kNull, kValue };

struct Element {
  CellValue value;
  CellMark mark = CellMark::kValue;
};

class RowScratch {
 public:
  explicit RowScratch(const std::vector<FieldPlan>& plan) : plan_(plan), cells_(plan.size()), marks_(plan.size()) {
    for (const FieldPlan& field : plan) has_required_ = has_required_ || !field.nullable;
  }

  void start() {
    std::fill(marks_.begin(), marks_.end(), CellMark::kMissing);
    elements_.clear();
  }
  bool has(std::size_t field) const { return marks_[field] != CellMark::kMissing; }
  CellValue& value(std::size_t field) { return cells_[field]; }
  void mark(std::size_t field, CellMark mark) { marks_[field] = mark; }
  std::vector<Element>& elements() { return elements_; }

  /// Appends the record to `out` as a row. False, with `fault` set and nothing appended: a field that must have a value
  /// has none.
  bool commit(record::RowsBuffer& out, RecordFault& fault) const;

 private:
  bool find_fault(RecordFault& fault) const;
  void append_list(record::ColumnBuffer& column, record::ListSlice list) const;

  const std::vector<FieldPlan>& plan_;
  std::vector<CellValue> cells_;
  std::vector<CellMark> marks_;
  std::vector<Element> elements_;
  bool has_required_ = false;
};

}  // namespace penstock::operators
