// Functions of the independent evaluator: the ones that random_test.cc uses.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <optional>

#include "runtime/base/time_text.h"
#include "tests/unit/runtime/expression/tree_walk.h"

namespace penstock::expression {
namespace {

using record::Kind;
using Args = std::vector<Value>;
__extension__ using Big = __int128;

Value fitting(Big value) {
  if (value < INT64_MIN || value > INT64_MAX) return failure();
  return value_of(static_cast<std::int64_t>(value));
}
Value finite(double value) { return std::isfinite(value) ? value_of(value) : failure(); }

std::int64_t integer(const Value& value) { return value.as<std::int64_t>(); }
const std::string& text(const Value& value) { return value.as<std::string>(); }

Value integers(std::string_view op, Big a, Big b) {
  if (op == "+") return fitting(a + b);
  if (op == "-") return fitting(a - b);
  if (op == "*") return fitting(a * b);
  if (op == "&") return fitting(a & b);
  if (op == "|") return fitting(a | b);
  if (op == "/") return b == 0 ? failure() : fitting(a / b);
  if (op == "%") return b == 0 ? failure() : fitting(a % b);
  if (b < 0 || b > 63) return failure();
  if (op == ">>") return fitting(a >> static_cast<int>(b));
  return value_of(static_cast<std::int64_t>(static_cast<std::uint64_t>(a) << static_cast<int>(b)));
}

Value floats(std::string_view op, double a, double b) {
  if (op == "+") return finite(a + b);
  if (op == "-") return finite(a - b);
  if (op == "*") return finite(a * b);
  if (b == 0) return failure();
  return finite(op == "/" ? a / b : std::fmod(a, b));
}

template <class T>
Value compared(std::string_view op, const T& a, const T& b) {
  if (op == "=") return value_of(a == b);
  if (op == "<>") return value_of(a != b);
  if (op == "<") return value_of(a < b);
  if (op == "<=") return value_of(a <= b);
  return value_of(op == ">" ? a > b : a >= b);
}

/// Exactly: every int64 and every double is a long double here (64 bits of mantissa).
Value comparison(std::string_view op, const Value& a, const Value& b) {
  static_assert(std::numeric_limits<long double>::digits >= 64);
  const auto number = [](const Value& value) -> std::optional<long double> {
    if (const auto* real = std::get_if<double>(&value.data)) return *real;
    if (const auto* whole = std::get_if<std::int64_t>(&value.data)) return *whole;
    return std::nullopt;
  };
  if (a.data.index() != b.data.index()) return compared(op, number(a).value(), number(b).value());
  return std::visit(
      [&](const auto& left) {
        using T = std::decay_t<decltype(left)>;
        if constexpr (std::is_same_v<T, std::vector<Value>>)
          return failure();
        else
          return compared(op, left, b.as<T>());
      },
      a.data);
}

Value operation(const topology::Expr& expr, const Args& args) {
  const std::string_view op = expr.function->name;
  if (op == "=" || op == "<>" || op[0] == '<' || op[0] == '>') {
    if (op != "<<" && op != ">>") return comparison(op, args[0], args[1]);
  }
  if (op == "||") return value_of(text(args[0]) + text(args[1]));
  if (args.size() == 1) {
    if (const auto* real = std::get_if<double>(&args[0].data)) return value_of(-*real);
    return fitting(-Big{integer(args[0])});
  }
  if (std::holds_alternative<double>(args[0].data)) return floats(op, args[0].as<double>(), args[1].as<double>());
  const Value result = integers(op, integer(args[0]), integer(args[1]));
  if (expr.type.kind != Kind::kTimestamp || !result.valid()) return result;
  return integer(result) < base::kMinTimestamp || integer(result) > base::kMaxTimestamp ? failure() : result;
}

/// Characters of valid UTF-8.
std::vector<std::string> letters(const std::string& in) {
  std::vector<std::string> result;
  for (const char byte : in) {
    if ((byte & 0xC0) == 0x80)
      result.back() += byte;
    else
      result.emplace_back(1, byte);
  }
  return result;
}

/// The naive way, letter by letter.
bool like(const std::vector<std::string>& in, std::size_t i, const std::vector<std::string>& pattern, std::size_t p) {
  if (p == pattern.size()) return i == in.size();
  if (pattern[p] == "%") {
    for (std::size_t skip = i; skip <= in.size(); ++skip)
      if (like(in, skip, pattern, p + 1)) return true;
    return false;
  }
  if (i == in.size()) return false;
  if (pattern[p] == "_") return like(in, i + 1, pattern, p + 1);
  const bool escape = pattern[p] == "\\" && p + 1 < pattern.size();
  return pattern[p + escape] == in[i] && like(in, i + 1, pattern, p + 1 + escape);
}

Value substr(const Args& args) {
  const auto all = letters(text(args[0]));
  const Big from = integer(args[1]), to = args.size() == 3 ? from + integer(args[2]) : Big{INT64_MAX};
  if (args.size() == 3 && integer(args[2]) < 0) return failure();
  std::string result;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (static_cast<Big>(i) + 1 >= from && static_cast<Big>(i) + 1 < to) result += all[i];
  return value_of(result);
}

std::vector<std::string> pieces(const std::string& in, const std::string& separator) {
  std::vector<std::string> result(1);
  for (std::size_t i = 0; i < in.size();) {
    if (in.compare(i, separator.size(), separator) == 0) {
      result.emplace_back();
      i += separator.size();
    } else {
      result.back() += in[i++];
    }
  }
  return result;
}

Value split(const Args& args) {
  if (text(args[1]).empty()) return failure();
  std::vector<Value> result;
  for (const std::string& piece : pieces(text(args[0]), text(args[1]))) result.push_back(value_of(piece));
  return value_of(result);
}

Value replace(const Args& args) {
  if (text(args[1]).empty()) return args[0];
  std::string result;
  const auto all = pieces(text(args[0]), text(args[1]));
  for (std::size_t i = 0; i < all.size(); ++i) result += (i == 0 ? "" : text(args[2])) + all[i];
  return value_of(result);
}

Value element(const Args& args) {
  const auto& list = args[0].as<std::vector<Value>>();
  const auto size = static_cast<Big>(list.size());
  const Big position = integer(args[1]) < 0 ? integer(args[1]) + size : Big{integer(args[1])} - 1;
  if (position < 0 || position >= size || integer(args[1]) == 0) return null_value();
  return list[static_cast<std::size_t>(position)];
}

/// Letters of the test's alphabet only.
Value changed_case(const std::string& in, bool upper) {
  std::string result;
  for (const std::string& letter : letters(in)) {
    if (letter == "é" || letter == "É")
      result += upper ? "É" : "é";
    else
      result += letter.size() > 1
                    ? letter
                    : std::string(1, static_cast<char>(upper ? std::toupper(letter[0]) : std::tolower(letter[0])));
  }
  return value_of(result);
}

Value trim(const std::string& in) {
  const std::size_t begin = in.find_first_not_of(' ');
  if (begin == in.npos) return value_of(std::string());
  return value_of(in.substr(begin, in.find_last_not_of(' ') + 1 - begin));
}

using Instant = std::chrono::sys_time<std::chrono::microseconds>;
Instant instant(const Value& value) { return Instant(std::chrono::microseconds(integer(value))); }

Value extract(const std::string& unit, Instant time) {
  using namespace std::chrono;
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  if (unit == "year") return value_of(std::int64_t{int{date.year()}});
  if (unit == "month") return value_of(std::int64_t{unsigned{date.month()}});
  if (unit == "day") return value_of(std::int64_t{unsigned{date.day()}});
  if (unit == "hour") return value_of(std::int64_t{clock.hours().count()});
  if (unit == "minute") return value_of(std::int64_t{clock.minutes().count()});
  if (unit == "second") return value_of(std::int64_t{clock.seconds().count()});
  return value_of(std::int64_t{weekday(day).c_encoding()});  // dow
}

Value date_trunc(const std::string& unit, Instant time) {
  using namespace std::chrono;
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const auto as_value = [](sys_days start) {
    return value_of(std::int64_t{Instant(start).time_since_epoch().count()});
  };
  if (unit == "day") return as_value(day);
  if (unit == "month") return as_value(sys_days(date.year() / date.month() / 1));
  if (unit == "year") return as_value(sys_days(date.year() / 1 / 1));
  if (unit == "week") return as_value(day - (weekday(day) - Monday));
  return value_of(std::int64_t{floor<hours>(time).time_since_epoch().count()} * 3'600'000'000);  // hour
}

Value time_bucket(const Args& args) {
  const Big width = integer(args[0]), time = integer(args[1]);
  if (width <= 0) return failure();
  Big start = time / width * width;
  if (start > time) start -= width;
  return start < base::kMinTimestamp ? failure() : fitting(start);
}

Value scaled(const Value& value, Kind from, std::int64_t unit) {
  if (from != Kind::kInt64) {
    const Big floor = integer(value) / unit - (integer(value) % unit < 0 ? 1 : 0);
    return fitting(floor);
  }
  const Big time = Big{integer(value)} * unit;
  return time < base::kMinTimestamp || time > base::kMaxTimestamp ? failure() : fitting(time);
}

Value split_mix(std::uint64_t z) {
  z += 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return value_of(static_cast<std::int64_t>((z ^ (z >> 31)) << 1 >> 1));
}

Value extreme(const Args& args, std::string_view op) {
  Value best = args[0];
  for (const Value& arg : args)
    if (comparison(op, arg, best).as<bool>()) best = arg;
  return best;
}

Value whole(const Value& value, double (*round)(double)) {
  return std::holds_alternative<double>(value.data) ? value_of(round(value.as<double>())) : value;
}

Value absolute(const Value& value) {
  if (const auto* real = std::get_if<double>(&value.data)) return value_of(std::abs(*real));
  return fitting(integer(value) < 0 ? -Big{integer(value)} : Big{integer(value)});
}

Value length(const Value& value) {
  if (const auto* list = std::get_if<std::vector<Value>>(&value.data))
    return value_of(static_cast<std::int64_t>(list->size()));
  return value_of(static_cast<std::int64_t>(letters(text(value)).size()));
}

Value contains(const Args& args) {
  const auto* list = std::get_if<std::vector<Value>>(&args[0].data);
  if (list == nullptr) return value_of(text(args[0]).find(text(args[1])) != std::string::npos);
  bool found = false;
  for (const Value& item : *list) found = found || (item.valid() && comparison("=", item, args[1]).as<bool>());
  return value_of(found);
}

using Implementation = std::function<Value(const topology::Expr&, const Args&)>;

const std::map<std::string_view, Implementation>& implementations() {
  using topology::Expr;
  static const std::map<std::string_view, Implementation> all = {
      {"like",
       [](const Expr&, const Args& a) { return value_of(like(letters(text(a[0])), 0, letters(text(a[1])), 0)); }},
      {"substr", [](const Expr&, const Args& a) { return substr(a); }},
      {"split", [](const Expr&, const Args& a) { return split(a); }},
      {"replace", [](const Expr&, const Args& a) { return replace(a); }},
      {"element", [](const Expr&, const Args& a) { return element(a); }},
      {"upper", [](const Expr&, const Args& a) { return changed_case(text(a[0]), true); }},
      {"lower", [](const Expr&, const Args& a) { return changed_case(text(a[0]), false); }},
      {"trim", [](const Expr&, const Args& a) { return trim(text(a[0])); }},
      {"concat",
       [](const Expr&, const Args& a) {
         std::string all_of_them;
         for (const Value& part : a) all_of_them += text(part);
         return value_of(all_of_them);
       }},
      {"starts_with", [](const Expr&, const Args& a) { return value_of(text(a[0]).rfind(text(a[1]), 0) == 0); }},
      {"contains", [](const Expr&, const Args& a) { return contains(a); }},
      {"length", [](const Expr&, const Args& a) { return length(a[0]); }},
      {"abs", [](const Expr&, const Args& a) { return absolute(a[0]); }},
      {"floor", [](const Expr&, const Args& a) { return whole(a[0], std::floor); }},
      {"ceil", [](const Expr&, const Args& a) { return whole(a[0], std::ceil); }},
      {"round", [](const Expr&, const Args& a) { return whole(a[0], std::round); }},
      {"sqrt",
       [](const Expr&, const Args& a) {
         return a[0].as<double>() < 0 ? failure() : value_of(std::sqrt(a[0].as<double>()));
       }},
      {"least", [](const Expr&, const Args& a) { return extreme(a, "<"); }},
      {"greatest", [](const Expr&, const Args& a) { return extreme(a, ">"); }},
      {"hash", [](const Expr&, const Args& a) { return split_mix(static_cast<std::uint64_t>(integer(a[0]))); }},
      {"extract", [](const Expr&, const Args& a) { return extract(text(a[0]), instant(a[1])); }},
      {"date_trunc", [](const Expr&, const Args& a) { return date_trunc(text(a[0]), instant(a[1])); }},
      {"time_bucket", [](const Expr&, const Args& a) { return time_bucket(a); }},
      {"micros", [](const Expr& e, const Args& a) { return scaled(a[0], e.args[0]->type.kind, 1); }},
      {"millis", [](const Expr& e, const Args& a) { return scaled(a[0], e.args[0]->type.kind, 1000); }},
      {"seconds", [](const Expr& e, const Args& a) { return scaled(a[0], e.args[0]->type.kind, 1'000'000); }},
  };
  return all;
}

}  // namespace

Value call_function(const topology::Expr& expr, const Args& args) {
  const auto at = implementations().find(expr.function->name);
  return at == implementations().end() ? operation(expr, args) : at->second(expr, args);
}

}  // namespace penstock::expression
