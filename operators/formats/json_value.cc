#include "operators/formats/json_value.h"

#include "operators/formats/number_text.h"
#include "operators/formats/text_cell.h"

namespace penstock::operators {

using record::Kind;

CellMark JsonValue::failed(RecordFault fault) {
  fault_ = std::move(fault);
  return CellMark::kMissing;
}

/// The value is of another type than the field: names it, unless it is not even JSON.
CellMark JsonValue::refuse(const FieldPlan& field) {
  const char* const begin = tokens_.at();
  if (!tokens_.skip_value(arena_, fault_)) return CellMark::kMissing;
  const std::string_view found = tokens_.text_from(begin);
  const bool wants_unit = field.type.kind == Kind::kTimestamp && field.unit == TimeUnit::kText && found.front() != '"';
  return failed(wrong_type(field, found, wants_unit ? "as text; for integers say timestamp(millis) or such" : ""));
}

CellMark JsonValue::read(const FieldPlan& field, CellValue& value) {
  switch (tokens_.peek()) {
    case '"':
      return read_string(field, value);
    case 't':
    case 'f':
    case 'n':
      return read_word(field, value);
    case '[':
      if (field.type.kind == Kind::kList) return read_list(field, value);
      return field.type.kind == Kind::kString ? read_as_text(value) : refuse(field);
    case '{':
      return field.type.kind == Kind::kString ? read_as_text(value) : refuse(field);
    default:
      return read_number(field, value);
  }
}

CellMark JsonValue::read_string(const FieldPlan& field, CellValue& value) {
  const Kind kind = field.type.kind;
  const bool wanted = kind == Kind::kString || kind == Kind::kBytes || kind == Kind::kDuration ||
                      (kind == Kind::kTimestamp && field.unit == TimeUnit::kText);
  if (!wanted) return refuse(field);
  const auto text = tokens_.take_text(arena_);
  if (!text) return failed({fault_code::kBadJson, "field '" + field.name + "': the string holds a bad escape"});
  if (kind == Kind::kString) {
    value.text = *text;
    return CellMark::kValue;
  }
  return read_text_cell(*text, field, arena_, value, fault_) ? CellMark::kValue : CellMark::kMissing;
}

CellMark JsonValue::read_word(const FieldPlan& field, CellValue& value) {
  const char first = tokens_.peek();
  const bool is_null = first == 'n';
  if (!is_null && field.type.kind != Kind::kBool) return refuse(field);
  if (!tokens_.skip_value(arena_, fault_)) return CellMark::kMissing;
  value.integer = first == 't' ? 1 : 0;
  return is_null ? CellMark::kNull : CellMark::kValue;
}

CellMark JsonValue::read_number(const FieldPlan& field, CellValue& value) {
  const Kind kind = field.type.kind;
  const bool is_integer = kind == Kind::kInt64 || (kind == Kind::kTimestamp && field.unit != TimeUnit::kText);
  if (!is_integer && kind != Kind::kFloat64) return refuse(field);
  const char* const begin = tokens_.at();
  const char* end = begin;
  const NumberResult result = is_integer ? parse_integer(end, tokens_.line_end(), NumberGrammar::kJson, value.integer)
                                         : parse_float(end, tokens_.line_end(), NumberGrammar::kJson, value.number);
  if (result == NumberResult::kNotANumber || !tokens_.scalar_ends_at(end))
    return failed(tokens_.expected("a JSON value"));
  tokens_.advance();
  const std::string_view found(begin, static_cast<std::size_t>(end - begin));
  if (result == NumberResult::kNotWhole) {
    return failed(wrong_type(field, found, "a whole number without fraction or exponent"));
  }
  if (result == NumberResult::kOutOfRange) return failed(out_of_range(field, found));
  if (kind != Kind::kTimestamp) return CellMark::kValue;
  return timestamp_from_integer(value.integer, field, value, fault_) ? CellMark::kValue : CellMark::kMissing;
}

CellMark JsonValue::read_list(const FieldPlan& field, CellValue& value) {
  const auto offset = static_cast<std::uint32_t>(elements_.size());
  tokens_.advance();
  if (!tokens_.take(']')) {
    do {
      Element element;
      element.mark = read(*field.element, element.value);
      if (element.mark == CellMark::kMissing) return CellMark::kMissing;
      elements_.push_back(element);
    } while (tokens_.take(','));
    if (!tokens_.take(']')) return failed(tokens_.expected(", or ]"));
  }
  value.list = {offset, static_cast<std::uint32_t>(elements_.size()) - offset};
  return CellMark::kValue;
}

CellMark JsonValue::read_as_text(CellValue& value) {
  const char* const begin = tokens_.at();
  if (!tokens_.skip_value(arena_, fault_)) return CellMark::kMissing;
  value.text = tokens_.text_from(begin);
  return CellMark::kValue;
}

}  // namespace penstock::operators
