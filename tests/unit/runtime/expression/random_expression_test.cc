// Where random_test.cc gets its expressions and rows from.

#include "tests/unit/runtime/expression/random_expression.h"

#include <map>

#include "runtime/base/time_text.h"

namespace penstock::expression {
namespace {

using record::Kind;
using record::Type;

/// In patterns a capital letter stands for an expression of a type: B I F S T(imestamp) D(uration) L(ist of strings)
/// M (list of int64). Quoted parts and lower-case words stand for themselves.
const std::map<char, Type> kTypes = {{'B', {Kind::kBool, {}}},
                                     {'I', {Kind::kInt64, {}}},
                                     {'F', {Kind::kFloat64, {}}},
                                     {'S', {Kind::kString, {}}},
                                     {'T', {Kind::kTimestamp, {}}},
                                     {'D', {Kind::kDuration, {}}},
                                     {'L', {Kind::kList, Kind::kString}},
                                     {'M', {Kind::kList, Kind::kInt64}}};

const std::map<char, std::vector<std::string>> kPatterns = {
    {'B',
     {"(B and B)",
      "(B or B)",
      "(B and B or B)",
      "(not B)",
      "(I = I)",
      "(I <> I)",
      "(I < I)",
      "(F >= F)",
      "(I <= F)",
      "(S = S)",
      "(S > S)",
      "(T < T)",
      "(D >= D)",
      "(B = B)",
      "(I is null)",
      "(S is not null)",
      "(I in (I, 1, I))",
      "(S in (S, 'a', null))",
      "(F in (F, 1))",
      "(F in (I, 1.5, F))",
      "(I in (F, 7))",
      "(I = F)",
      "(F <> I)",
      "(I < F)",
      "(F <= I)",
      "(F > I)",
      "(I >= 9007199254740992.0)",
      "(F < 9007199254740993)",
      "(I between F and F)",
      "(I between I and I)",
      "(T not between T and T)",
      "(S like S)",
      "(S like '%a_')",
      "(S not like 'a%')",
      "starts_with(S, S)",
      "contains(S, S)",
      "contains(L, S)",
      "contains(M, I)",
      "case when B then B else B end",
      "coalesce(B, B)",
      "cast(I as bool)",
      "(case when I <> 0 then 1 / I end > 0)"}},
    {'I',
     {"(I + I)",
      "(I - I)",
      "(I * I)",
      "(I / I)",
      "(I % I)",
      "(I & I)",
      "(I | I)",
      "(I << I)",
      "(I >> 3)",
      "(- I)",
      "(I % 1000)",
      "(I / 7)",
      "(I % 3)",
      "(I * 2 + 1)",
      "abs(I)",
      "length(S)",
      "length(L)",
      "length(M)",
      "cast(F as int64)",
      "cast(S as int64)",
      "cast(B as int64)",
      "micros(T)",
      "millis(T)",
      "seconds(D)",
      "extract(hour from T)",
      "extract(year from T)",
      "extract(month from T)",
      "extract(dow from T)",
      "hash(I)",
      "((hash(I) & 2147483647) % 1000)",
      "hash(T)",
      "element(M, I)",
      "element(M, 1)",
      "least(I, I, I)",
      "greatest(I, I)",
      "case when B then I when B then I end",
      "case I when I then I else I end",
      "coalesce(I, I, I)",
      "nullif(I, I)",
      "case when B then I else 1 / I end",
      "floor(I)"}},
    {'F',
     {"(F + F)", "(F - F)", "(F * F)", "(F / F)", "(F % F)", "(- F)", "(F + I)", "(I * F)", "abs(F)", "floor(F)",
      "ceil(F)", "round(F)", "sqrt(F)", "cast(I as float64)", "cast(S as float64)", "greatest(F, I)", "coalesce(F, I)",
      "case when B then F else I end"}},
    {'S', {"(S || S)",          "upper(S)",          "lower(S)",
           "trim(S)",           "substr(S, I)",      "substr(S, I, I)",
           "substr(S, 2, 2)",   "replace(S, S, S)",  "concat(S, S, S)",
           "cast(I as string)", "cast(F as string)", "cast(B as string)",
           "cast(T as string)", "cast(D as string)", "element(L, I)",
           "element(L, -1)",    "least(S, S)",       "case when B then S else S end",
           "coalesce(S, S)",    "nullif(S, S)",      "element(split(S, ' '), 1)"}},
    {'T',
     {"(T + D)", "(D + T)", "(T - D)", "micros(I)", "millis(I)", "seconds(I)", "date_trunc('day', T)",
      "date_trunc('month', T)", "date_trunc('week', T)", "date_trunc('year', T)", "date_trunc('hour', T)",
      "time_bucket(D, T)", "time_bucket(10s, T)", "cast(S as timestamp)", "cast(cast(T as string) as timestamp)",
      "coalesce(T, T)", "case when B then T end", "greatest(T, T)"}},
    {'D',
     {"(D + D)", "(D - D)", "(T - T)", "(D * I)", "(I * D)", "(D / I)", "(D / 2)", "(- D)", "abs(D)",
      "cast(S as duration)", "cast(cast(D as string) as duration)", "coalesce(D, D)", "case when B then D else D end"}},
    {'L', {"split(S, ' ')", "split(S, S)", "[S, S]", "[S, null]", "coalesce(L, L)", "case when B then L else L end"}},
    {'M', {"[I, I, I]", "[I]", "coalesce(M, M)", "case when B then M when B then M end"}}};

const std::map<char, std::vector<std::string>> kLiterals = {
    {'B', {"true", "false", "cast(null as bool)"}},
    {'I',
     {"0", "1", "-1", "2", "63", "1000", "9223372036854775807", "-9223372036854775808", "4294967296",
      "cast(null as int64)"}},
    {'F', {"0.0", "1.5", "-2.25", "1e300", "1e-300", "cast(null as float64)"}},
    {'S', {"''", "' '", "'a'", "'a b'", "'é'", "'%a'", "'12'", "cast(null as string)"}},
    {'T', {"timestamp '2012-01-01'", "timestamp '1969-12-31T23:59:59.999999Z'", "cast(null as timestamp)"}},
    {'D', {"10s", "1d", "-1h", "cast(null as duration)"}},
    {'L', {"['a', 'b']"}},
    {'M', {"[1, 2]"}}};

const std::vector<std::int64_t> kIntegers = {
    0,          1,          -1,         2, 3, 7, 63, 64, -7, 10, 999, 1000, INT64_MAX, INT64_MIN, INT64_MAX - 1,
    2147483647, 2147483648, -2147483649};
const std::vector<double> kFloats = {0.0, -0.0, 1.0, -1.0, 0.5, 2.5, -2.5, 1e15, 1e300, -1e300, 1e-300, 9.3e18, 5.0};
const std::vector<std::string> kTexts = {"",   " ",   "a",    "b",   "ab",         "a b c", "é",      "Éa é", "12",
                                         "-7", "1.5", "true", "10s", "2012-01-01", "a%",    "  aa  ", "x,y"};

char letter_of(Type type) {
  for (const auto& [letter, known] : kTypes)
    if (known == type) return letter;
  return 'I';
}

}  // namespace

record::Schema random_schema() {
  record::Schema schema;
  for (const auto& [letter, type] : kTypes) {
    const std::string name(1, static_cast<char>(letter + 32));
    schema.fields.push_back({name + "1", type, true});
    schema.fields.push_back({name + "2", type, letter != 'I' && letter != 'S'});
  }
  return schema;
}

Type RandomExpressions::any_type() {
  auto at = kTypes.begin();
  std::advance(at, below(static_cast<std::uint32_t>(kTypes.size())));
  return at->second;
}

std::string RandomExpressions::leaf(Type type) {
  const char letter = letter_of(type);
  if (chance(30)) {
    const auto& literals = kLiterals.at(letter);
    return literals[below(static_cast<std::uint32_t>(literals.size()))];
  }
  return std::string(1, static_cast<char>(letter + 32)) + (chance(50) ? "1" : "2");
}

std::string RandomExpressions::expression(Type type, int depth) {
  if (depth <= 0 || chance(10)) return leaf(type);
  const auto& patterns = kPatterns.at(letter_of(type));
  return expand(patterns[below(static_cast<std::uint32_t>(patterns.size()))], depth - 1);
}

std::string RandomExpressions::expand(std::string pattern, int depth) {
  std::string result;
  for (const char c : pattern) {
    const auto type = kTypes.find(c);
    if (type == kTypes.end())
      result += c;
    else
      result += expression(type->second, depth);
  }
  return result;
}

Value RandomExpressions::value(Type type) {
  const auto pick = [&](const auto& all) { return value_of(all[below(static_cast<std::uint32_t>(all.size()))]); };
  const bool small = chance(60);
  switch (type.kind) {
    case Kind::kBool:
      return value_of(chance(50));
    case Kind::kInt64:
      return small ? value_of(std::int64_t{below(40)} - 10) : pick(kIntegers);
    case Kind::kFloat64:
      return small ? value_of(below(4000) / 16.0 - 100) : pick(kFloats);
    case Kind::kString:
      return pick(kTexts);
    case Kind::kTimestamp:
      if (chance(5)) return value_of(chance(50) ? base::kMinTimestamp : base::kMaxTimestamp);
      return value_of(static_cast<std::int64_t>(random_() % 4'000'000'000'000'000) - 1'000'000'000'000'000);
    case Kind::kDuration:
      return small ? value_of(std::int64_t{below(1000)} * 1'000'000) : pick(kIntegers);
    default:
      break;
  }
  std::vector<Value> elements;
  for (std::uint32_t n = below(4); n > 0; --n) {
    elements.push_back(chance(20) ? null_value() : value({type.element, Kind::kNull}));
  }
  return value_of(elements);
}

}  // namespace penstock::expression
