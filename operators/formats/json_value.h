/// Typed cells from JSON values. THREAD: the decoder's.
#pragma once

#include "operators/formats/json_tokens.h"
#include "operators/formats/row_scratch.h"

namespace penstock::operators {

/// Reads the value at hand as `field` wants it. kMissing: it cannot be, `fault` says why. A JSON object or array under
/// a string field is its text; elements of lists go to `elements`.
class JsonValue {
 public:
  JsonValue(JsonTokens& tokens, record::TextArena& arena, std::vector<Element>& elements, RecordFault& fault)
      : tokens_(tokens), arena_(arena), elements_(elements), fault_(fault) {}

  CellMark read(const FieldPlan& field, CellValue& value);

 private:
  CellMark read_string(const FieldPlan& field, CellValue& value);
  CellMark read_number(const FieldPlan& field, CellValue& value);
  CellMark read_word(const FieldPlan& field, CellValue& value);
  CellMark read_list(const FieldPlan& field, CellValue& value);
  CellMark read_as_text(CellValue& value);
  CellMark refuse(const FieldPlan& field);
  CellMark failed(RecordFault fault);

  JsonTokens& tokens_;
  record::TextArena& arena_;
  std::vector<Element>& elements_;
  RecordFault& fault_;
};

}  // namespace penstock::operators
