/// A typed cell from plain text: what CSV cells are, and JSON strings under timestamp, duration and bytes fields.
#pragma once

#include <string_view>

#include "operators/formats/row_scratch.h"

namespace penstock::operators {

/// Reads `text` as a scalar of field.type (not a list). Texts are borrowed. False: `fault` says what was expected.
bool read_text_cell(std::string_view text, const FieldPlan& field, record::TextArena& arena, CellValue& value,
                    RecordFault& fault);

/// An integer under `timestamp(millis)` and the like, in microseconds. False: `fault` is set.
bool timestamp_from_integer(std::int64_t number, const FieldPlan& field, CellValue& value, RecordFault& fault);

/// "field 'x': found <found>, expected <type>" and such. `found` is cut to an excerpt.
RecordFault wrong_type(const FieldPlan& field, std::string_view found, std::string_view why = {});
RecordFault out_of_range(const FieldPlan& field, std::string_view found);
RecordFault bad_timestamp(const FieldPlan& field, std::string_view found);

}  // namespace penstock::operators
