#include "operators/formats/text_cell.h"

#include "operators/formats/base64.h"
#include "operators/formats/number_text.h"
#include "operators/formats/timestamp_text.h"
#include "runtime/base/time_fraction.h"

namespace penstock::operators {
namespace {

using record::Kind;

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if ((text[i] | 0x20) != lower[i]) return false;
  return true;
}

/// True when a number was read and nothing follows it; else `fault` is set.
bool accept(NumberResult result, const char* at, std::string_view text, const FieldPlan& field, RecordFault& fault) {
  if (result == NumberResult::kOk && at == text.end()) return true;
  if (result == NumberResult::kOutOfRange) {
    fault = out_of_range(field, text);
  } else {
    const bool whole = result == NumberResult::kNotWhole && at == text.end();
    fault = wrong_type(field, text, whole ? "a whole number without fraction or exponent" : "");
  }
  return false;
}

bool read_integer_cell(std::string_view text, const FieldPlan& field, CellValue& value, RecordFault& fault) {
  const char* at = text.data();
  const NumberResult result = parse_integer(at, text.data() + text.size(), NumberGrammar::kLoose, value.integer);
  return accept(result, at, text, field, fault);
}

bool read_bool_cell(std::string_view text, const FieldPlan& field, CellValue& value, RecordFault& fault) {
  const bool is_true = equals_ignoring_case(text, "true");
  if (!is_true && !equals_ignoring_case(text, "false")) {
    fault = wrong_type(field, text, "true or false");
    return false;
  }
  value.integer = is_true ? 1 : 0;
  return true;
}

bool read_timestamp_cell(std::string_view text, const FieldPlan& field, CellValue& value, RecordFault& fault) {
  if (field.unit != TimeUnit::kText) {
    return read_integer_cell(text, field, value, fault) && timestamp_from_integer(value.integer, field, value, fault);
  }
  if (read_timestamp(text, value.integer)) return true;
  fault = bad_timestamp(field, text);
  return false;
}

}  // namespace

RecordFault wrong_type(const FieldPlan& field, std::string_view found, std::string_view why) {
  std::string message = "field '" + field.name + "': found " + excerpt(found) + ", expected " + type_text(field);
  if (!why.empty()) message += " (" + std::string(why) + ")";
  return {fault_code::kWrongType, std::move(message)};
}

RecordFault out_of_range(const FieldPlan& field, std::string_view found) {
  return {fault_code::kOutOfRange,
          "field '" + field.name + "': " + excerpt(found) + " does not fit " + type_text(field)};
}

RecordFault bad_timestamp(const FieldPlan& field, std::string_view found) {
  return {fault_code::kBadTimestamp,
          "field '" + field.name + "': found " + excerpt(found) + ", expected a " + type_text(field) +
              " within the years 1900 to 2200" +
              (field.unit != TimeUnit::kText       ? std::string()
               : base::is_finer_than_micros(found) ? " with " + std::string(base::kFinerThanMicros)
                                                   : ", such as 2023-09-18T14:23:10Z")};
}

bool timestamp_from_integer(std::int64_t number, const FieldPlan& field, CellValue& value, RecordFault& fault) {
  constexpr std::int64_t kFactors[] = {1, 1'000'000, 1'000, 1, 1};
  bool good = true;
  if (field.unit == TimeUnit::kNanos) {
    good = number % 1000 == 0;  // Nothing is rounded silently.
    value.integer = number / 1000;
  } else {
    good = !__builtin_mul_overflow(number, kFactors[static_cast<std::size_t>(field.unit)], &value.integer);
  }
  if (good && value.integer >= base::kMinTimestamp && value.integer <= base::kMaxTimestamp) return true;
  fault = bad_timestamp(field, std::to_string(number));
  if (field.unit == TimeUnit::kNanos && !good) fault.message += ", in whole microseconds";
  return false;
}

bool read_text_cell(std::string_view text, const FieldPlan& field, record::TextArena& arena, CellValue& value,
                    RecordFault& fault) {
  if (field.type.kind == Kind::kString) {
    value.text = text;
    return true;
  }
  text = trim(text);
  switch (field.type.kind) {
    case Kind::kBool:
      return read_bool_cell(text, field, value, fault);
    case Kind::kInt64:
      return read_integer_cell(text, field, value, fault);
    case Kind::kFloat64: {
      const char* at = text.data();
      const NumberResult result = parse_float(at, text.data() + text.size(), NumberGrammar::kLoose, value.number);
      return accept(result, at, text, field, fault);
    }
    case Kind::kTimestamp:
      return read_timestamp_cell(text, field, value, fault);
    case Kind::kDuration:
      if (const auto duration = base::parse_duration(text)) {
        value.integer = *duration;
        return true;
      }
      fault = wrong_type(field, text, "such as 1h30m or 500ms");
      return false;
    case Kind::kBytes:
      if (const auto bytes = read_base64(text, arena)) {
        value.text = *bytes;
        return true;
      }
      fault = wrong_type(field, text, "Base64 text");
      return false;
    case Kind::kNull:
    case Kind::kString:
    case Kind::kList:
      break;
  }
  fault = wrong_type(field, text);
  return false;
}

}  // namespace penstock::operators
