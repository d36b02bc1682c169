#include <cmath>

#include "runtime/base/number_text.h"
#include "runtime/base/time_text.h"
#include "topology/expression/fold.h"

namespace penstock::topology {
namespace {

using record::Kind;

Folded bad_cast() { return {NullValue{}, "bad_cast"}; }

template <class T>
Folded or_bad(const std::optional<T>& value) {
  if (!value) return bad_cast();
  return {*value, ""};
}

Folded from_text(const std::string& text, Kind to) {
  switch (to) {
    case Kind::kString:
    case Kind::kBytes:
      return {text, ""};
    case Kind::kInt64:
      return or_bad(base::parse_int64(text));
    case Kind::kFloat64:
      return or_bad(base::parse_float64(text));
    case Kind::kTimestamp:
      return or_bad(base::parse_timestamp(text));
    case Kind::kDuration:
      return or_bad(base::parse_duration(text));
    case Kind::kBool:
      if (text == "true" || text == "false") return {text == "true", ""};
      return bad_cast();
    default:
      return bad_cast();
  }
}

Folded from_number(const Scalar& value, Kind to) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    if (to == Kind::kFloat64) return {static_cast<double>(*integer), ""};
    if (to == Kind::kBool) return {*integer != 0, ""};
    return {*integer, ""};
  }
  if (const auto* flag = std::get_if<bool>(&value)) return {std::int64_t{*flag}, ""};
  const double real = std::get<double>(value);
  if (!(real >= -9223372036854775808.0 && real < 9223372036854775808.0)) return bad_cast();
  return {static_cast<std::int64_t>(real), ""};
}

}  // namespace

std::string scalar_text(const Scalar& value, record::Type type) {
  char buffer[64];
  if (std::holds_alternative<NullValue>(value)) return "null";
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* real = std::get_if<double>(&value)) return {buffer, base::format_float64(*real, buffer)};
  const auto integer = std::get<std::int64_t>(value);
  if (type.kind == Kind::kTimestamp) return {buffer, base::format_timestamp(integer, buffer)};
  if (type.kind == Kind::kDuration) return {buffer, base::format_duration(integer, buffer)};
  return {buffer, base::format_int64(integer, buffer)};
}

bool castable(record::Type from, record::Type to) {
  if (from == to || from.kind == Kind::kNull) return true;
  if (from.kind == Kind::kList || to.kind == Kind::kList) return false;
  if (to.kind == Kind::kString || from.kind == Kind::kString) return true;
  const auto number = [](Kind kind) { return kind == Kind::kInt64 || kind == Kind::kFloat64; };
  if (number(from.kind) && number(to.kind)) return true;
  return (from.kind == Kind::kBool && to.kind == Kind::kInt64) || (from.kind == Kind::kInt64 && to.kind == Kind::kBool);
}

Folded fold_cast(const Scalar& value, record::Type from, record::Type to) {
  if (std::holds_alternative<NullValue>(value) || from == to) return {value, ""};
  if (const auto* text = std::get_if<std::string>(&value)) return from_text(*text, to.kind);
  if (to.kind == Kind::kString) return {scalar_text(value, from), ""};
  return from_number(value, to.kind);
}

}  // namespace penstock::topology
