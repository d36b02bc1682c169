#include "topology/language/quantities.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace penstock::topology {
namespace {

bool one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

bool digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string_view without_sign(std::string_view text) {
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) text.remove_prefix(1);
  return text;
}

/// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool is_number(std::string_view text) {
  text = without_sign(text);
  const std::size_t exponent = text.find_first_of("eE");
  if (exponent != std::string_view::npos) {
    if (!digits(without_sign(text.substr(exponent + 1)))) return false;
    text = text.substr(0, exponent);
  }
  const std::size_t point = text.find('.');
  if (point == std::string_view::npos) return digits(text);
  const std::string_view whole = text.substr(0, point);
  const std::string_view part = text.substr(point + 1);
  return (whole.empty() || digits(whole)) && (part.empty() ? !whole.empty() : digits(part));
}

bool is_integer(std::string_view text) {
  if (digits(without_sign(text))) return true;
  const auto all_of = [](std::string_view rest, std::string_view allowed) {
    return !rest.empty() && rest.find_first_not_of(allowed) == std::string_view::npos;
  };
  if (text.starts_with("0x")) return all_of(text.substr(2), "0123456789abcdefABCDEF");
  return text.starts_with("0o") && all_of(text.substr(2), "01234567");
}

}  // namespace

CoreType core_type(std::string_view text) {
  if (one_of(text, {"", "~", "null", "Null", "NULL"})) return CoreType::kNull;
  if (parse_flag(text)) return CoreType::kBool;
  if (is_integer(text)) return CoreType::kInteger;
  const bool special = one_of(without_sign(text), {".inf", ".Inf", ".INF"}) || one_of(text, {".nan", ".NaN", ".NAN"});
  return special || is_number(text) ? CoreType::kNumber : CoreType::kString;
}

std::string_view to_string(CoreType type) {
  switch (type) {
    case CoreType::kString:
      return "a text";
    case CoreType::kNull:
      return "null";
    case CoreType::kBool:
      return "true or false";
    case CoreType::kInteger:
      return "a whole number";
    case CoreType::kNumber:
      return "a number";
  }
  return "?";
}

std::optional<bool> parse_flag(std::string_view text) {
  if (one_of(text, {"true", "True", "TRUE"})) return true;
  if (one_of(text, {"false", "False", "FALSE"})) return false;
  return std::nullopt;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  if (!is_integer(text)) return std::nullopt;
  int base = 10;
  if (text.starts_with("0x")) base = 16;
  if (text.starts_with("0o")) base = 8;
  if (base != 10) text.remove_prefix(2);
  if (text.starts_with("+")) text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> parse_number(std::string_view text) {
  if (const auto whole = parse_integer(text)) return static_cast<double>(*whole);
  if (!is_number(text)) return std::nullopt;
  if (text.starts_with("+")) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<double> parse_rate(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || slash + 2 != text.size()) return std::nullopt;
  const auto number = parse_number(text.substr(0, slash));
  if (!number || *number <= 0) return std::nullopt;
  switch (text.back()) {
    case 's':
      return *number;
    case 'm':
      return *number / 60;
    case 'h':
      return *number / 3600;
    default:
      return std::nullopt;
  }
}

}  // namespace penstock::topology
