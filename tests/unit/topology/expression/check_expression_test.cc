#include <gtest/gtest.h>

#include "topology/expression/expression.h"
#include "topology/expression/functions.h"

namespace penstock::topology {
namespace {

using record::Kind;
using record::Type;

record::Schema rides() {
  return {{{"driver_id", {Kind::kInt64, {}}, false},
           {"fare", {Kind::kFloat64, {}}, true},
           {"city", {Kind::kString, {}}, true},
           {"timestamp", {Kind::kTimestamp, {}}, true},
           {"wait", {Kind::kDuration, {}}, true},
           {"tags", {Kind::kList, Kind::kString}, true},
           {"raw", {Kind::kBytes, {}}, true},
           {"done", {Kind::kBool, {}}, true},
           {"event type", {Kind::kString, {}}, true}}};
}

std::vector<ExprFault> faults_of(const std::string& text, std::optional<Type> expected = std::nullopt) {
  auto checked = check_expression(text, Scope::of(rides()), expected);
  if (auto* faults = std::get_if<1>(&checked)) return *faults;
  return {};
}

ExprPtr good(const std::string& text, std::optional<Type> expected = std::nullopt) {
  auto checked = check_expression(text, Scope::of(rides()), expected);
  if (auto* expr = std::get_if<0>(&checked)) return *expr;
  ADD_FAILURE() << text << ": " << std::get<1>(checked)[0].message;
  return nullptr;
}

struct Faulty {
  const char* text;
  const char* code;
  const char* part;  ///< What is underlined.
  const char* says;  ///< Found in the message or the hint.
};

TEST(CheckExpression, NamesEachFaultItsPlaceAndWhatToTypeInstead) {
  const Faulty cases[] = {
      {"", "empty_expression", "", "missing"},
      {"fare >", "expected_operand", "", "missing before the end"},
      {"fair > 1", "unknown_field", "fair", "did you mean 'fare'?"},
      {"Fare > 1", "unknown_field", "Fare", "did you mean 'fare'?"},
      {"city = NYC", "unknown_field", "NYC", "'NYC'"},
      {"city = \"bid\"", "unknown_field", "\"bid\"", "single quotes: 'bid'"},
      {"left.fare", "unknown_field", "left.fare", "left.fare"},
      {"uper(city)", "unknown_function", "uper", "did you mean 'upper'?"},
      {"substring(city, 1)", "unknown_function", "substring", "substr"},
      {"fare == 1", "unknown_operator", "==", "write '='"},
      {"done && true", "unknown_operator", "&&", "write 'and'"},
      {"!done", "unknown_operator", "!", "write 'not'"},
      {"fare ** 2", "unknown_operator", "**", "power(a, b)"},
      {"city = 'NYC", "unterminated_text", "'NYC", "close it"},
      {"\"city", "unterminated_name", "\"city", "close it"},
      {"(fare + 1", "missing_parenthesis", "(", "add ')'"},
      {"fare + 1)", "missing_parenthesis", ")", "closes nothing"},
      {"[1, 2", "missing_bracket", "[", "add ']'"},
      {"upper(city", "missing_parenthesis", "(", "add ')'"},
      {"upper(city fare)", "unexpected_token", "fare", "expected ','"},
      {"event type = 'x'", "unexpected_token", "type", "double quotes"},
      {"fare 1", "unexpected_token", "1", "operator missing"},
      {"1 ? 2", "unexpected_character", "?", "cannot stand"},
      {"99999999999999999999", "number_out_of_range", "99999999999999999999", "int64"},
      {"9223372036854775808", "number_out_of_range", "9223372036854775808", "int64"},
      {"0xffffffffffffffff", "number_out_of_range", "0xffffffffffffffff", "int64"},
      {"0xfg", "bad_number", "0xfg", "hexadecimal"},
      {"1.2.3", "bad_number", "1.2.3", "1.5"},
      {"1e999", "number_out_of_range", "1e999", "float64"},
      {"wait > 10x", "bad_duration", "10x", "500ms"},
      {"timestamp '2012-13-01'", "bad_timestamp", "'2012-13-01'", "2012-01-01"},
      {"timestamp > 'yesterday'", "bad_timestamp", "'yesterday'", "2012-01-01"},
      {"fare is 1", "unexpected_token", "1", "not null"},
      {"city in 'a'", "unexpected_token", "'a'", "parentheses"},
      {"city in ()", "empty_list", "()", "empty"},
      {"fare between 1 or 2", "unexpected_token", "or", "expected `and`"},
      {"case fare end", "unexpected_token", "end", "needs `when`"},
      {"case when done then 1", "missing_end", "", "`end`"},
      {"case when done 1 end", "unexpected_token", "1", "expected `then`"},
      {"cast(fare as integer)", "unknown_type", "integer", "write int64"},
      {"cast(fare as thing)", "unknown_type", "thing", "types are"},
      {"cast(fare int64)", "unexpected_token", "int64", "expected `as`"},
      {"cast(fare as timestamp)", "bad_cast", "cast(fare as timestamp)", "float64 cannot be cast"},
      {"cast(driver_id as timestamp)", "bad_cast", "cast(driver_id as timestamp)", "micros(driver_id)"},
      {"cast('x' as int64)", "bad_cast", "cast('x' as int64)", "can never be"},
      {"1 / 0", "division_by_zero", "1 / 0", "always"},
      {"9223372036854775807 + 1", "overflow", "9223372036854775807 + 1", "always"},
      {"city + 'x'", "wrong_argument_type", "city + 'x'", "||"},
      {"city = 1", "wrong_argument_type", "city = 1", "cast"},
      {"fare = '1'", "wrong_argument_type", "fare = '1'", "without quotes"},
      {"done || true", "wrong_argument_type", "done || true", "write `or`"},
      {"1 < 2 < fare", "wrong_argument_type", "1 < 2 < fare", "do not chain"},
      {"timestamp + 5", "wrong_argument_type", "timestamp + 5", "10s"},
      {"tags = tags", "wrong_argument_type", "tags = tags", "[string]"},
      {"-city", "wrong_argument_type", "-city", "string"},
      {"upper(fare)", "wrong_argument_type", "upper(fare)", "upper(string)"},
      {"upper(city, city)", "wrong_argument_count", "upper(city, city)", "upper(string)"},
      {"fare and done", "wrong_type", "fare", "bool"},
      {"not fare", "wrong_type", "fare", "bool"},
      {"case when fare then 1 end", "wrong_type", "fare", "bool"},
      {"case when done then 1 else 'x' end", "wrong_type", "'x'", "different types"},
      {"coalesce(city, 1)", "wrong_type", "1", "different types"},
      {"[1, 'a']", "wrong_type", "'a'", "different types"},
      {"[[1]]", "wrong_type", "[[1]]", "nest"},
      {"city in (1, 2)", "wrong_type", "1", "different types"},
      {"'a' in (tags)", "wrong_type", "tags", "different types"},
      {"nullif(1)", "wrong_argument_count", "nullif(1)", "nullif(a, b)"},
      {"sum(fare)", "aggregate_not_allowed", "sum(fare)", "aggregate: {n: sum(fare)}"},
      {"max(fare)", "aggregate_not_allowed", "max(fare)", "greatest"},
      {"upper(distinct city)", "not_an_aggregate", "upper(distinct city)", "no aggregate"},
      {"date_trunc('dya', timestamp)", "unknown_unit", "'dya'", "did you mean 'day'?"},
      {"extract(hourr from timestamp)", "unknown_unit", "hourr", "did you mean 'hour'?"},
      {"date_trunc(city, timestamp)", "needs_literal", "city", "single quotes"},
      {"regexp_like(city, '(')", "bad_pattern", "'('", "RE2"},
      {"regexp_extract(city, 'a', 1)", "bad_pattern", "1", "no group"},
      {"format('%d', city)", "bad_format", "city", "use %s"},
      {"format('%d')", "bad_format", "format('%d')", "1 places for 0"},
      {"format('%q', 1)", "bad_format", "'%q'", "%q"},
      {"format_time(timestamp, '%Q')", "bad_format", "'%Q'", "%Y"},
      {"json(city, 'a.b')", "bad_path", "'a.b'", "$.a.b"},
      {"extract(hour fare)", "unexpected_token", "fare", "expected `from`"},
      {"null + and", "expected_operand", "and", "word of the language"},
  };
  for (const Faulty& one : cases) {
    const auto faults = faults_of(one.text);
    ASSERT_FALSE(faults.empty()) << one.text;
    const ExprFault& fault = faults[0];
    EXPECT_EQ(fault.code, one.code) << one.text << ": " << fault.message;
    EXPECT_EQ(std::string(one.text).substr(fault.span.begin, fault.span.end - fault.span.begin), one.part) << one.text;
    EXPECT_NE((fault.message + " " + fault.hint).find(one.says), std::string::npos)
        << one.text << ": " << fault.message << " / " << fault.hint;
  }
}

TEST(CheckExpression, ShowsSeveralFaultsAtOnce) {
  const auto faults = faults_of("fair > 1 and uper(city) == 'x' and nothing = 2");
  ASSERT_EQ(faults.size(), 4u);
}

TEST(CheckExpression, InfersTypesAndNulls) {
  struct Case {
    const char* text;
    const char* type;
    bool nullable;
  };
  const Case cases[] = {{"driver_id + 1", "int64", false},
                        {"driver_id + fare", "float64", true},
                        {"driver_id * 0.5", "float64", false},
                        {"timestamp - timestamp", "duration", true},
                        {"timestamp + 10s", "timestamp", true},
                        {"split(city, ' ')", "[string]", true},
                        {"element([1, 2], 1)", "int64", true},
                        {"coalesce(fare, 0)", "float64", false},
                        {"fare is null", "bool", false},
                        {"case when done then 1 else 2.5 end", "float64", false},
                        {"case when done then 1 end", "int64", true},
                        {"nullif(driver_id, 0)", "int64", true},
                        {"null", "null", true},
                        {"[]", "[null]", false},
                        {"\"event type\" = 'x'", "bool", true},
                        {"TIMESTAMP '2012-01-01'", "timestamp", false},
                        {"to_json()", "string", false},
                        {"UPPER(city) LIKE 'A%' AND NOT done", "bool", true}};
  for (const Case& one : cases) {
    const ExprPtr expr = good(one.text);
    ASSERT_NE(expr, nullptr);
    EXPECT_EQ(to_string(expr->type), one.type) << one.text;
    EXPECT_EQ(expr->nullable, one.nullable) << one.text;
  }
}

TEST(CheckExpression, CastsToWhatIsExpectedOnlyWhereNothingIsLost) {
  const Type real{Kind::kFloat64, {}}, time{Kind::kTimestamp, {}};
  EXPECT_EQ(good("driver_id", real)->type, real);
  EXPECT_EQ(good("null", real)->type, real);
  EXPECT_EQ(good("'2012-01-01'", time)->type, time);
  EXPECT_EQ(faults_of("fare", Type{Kind::kInt64, {}})[0].code, "wrong_type");
  EXPECT_EQ(faults_of("city", Type{Kind::kBool, {}})[0].code, "wrong_type");
}

TEST(CheckExpression, FoldsConstants) {
  const ExprPtr folded = good("1 + 2 * 3 = 7 and not 'a' = 'b'");
  EXPECT_EQ(folded->op, Expr::Op::kLiteral);
  EXPECT_EQ(std::get<bool>(folded->literal), true);
}

TEST(CheckExpression, TellsSidesApart) {
  Scope scope = Scope::of(rides(), "left");
  scope.append(rides(), "right");
  auto both = check_expression("left.fare = right.fare", scope);
  ASSERT_EQ(both.index(), 0u);
  EXPECT_EQ(fields_read(*std::get<0>(both)), (std::vector<int>{1, 10}));
  auto unclear = check_expression("fare = 1", scope);
  ASSERT_EQ(unclear.index(), 1u);
  EXPECT_EQ(std::get<1>(unclear)[0].code, "ambiguous_field");
}

TEST(CheckExpression, SaysWhatIsReadAndRenumbersIt) {
  const ExprPtr expr = good("fare between 1 and 2 and city = 'x'");
  EXPECT_EQ(fields_read(*expr), (std::vector<int>{1, 2}));
  std::vector<int> map(9, -1);
  map[1] = 0;
  map[2] = 1;
  EXPECT_EQ(fields_read(*renumber_fields(expr, map)), (std::vector<int>{0, 1}));
  EXPECT_EQ(fields_read(*good("to_json()")).size(), 9u);
}

TEST(CheckExpression, KnowsWhatCannotFail) {
  for (const char* text : {"fare is null", "upper(city)", "driver_id & 7", "case when done then 1 else 2 end",
                           "cast(driver_id as string)", "city like 'a%'", "hash(driver_id)", "to_json()"}) {
    EXPECT_TRUE(cannot_fail(*good(text))) << text;
  }
  for (const char* text :
       {"driver_id + 1", "1 / driver_id", "cast(city as int64)", "cast(fare as int64)", "json(city, '$.a')",
        "cast(raw as string)", "split(city, city)", "done and 1 / driver_id > 0"}) {
    EXPECT_FALSE(cannot_fail(*good(text))) << text;
  }
}

TEST(NearestNames, FindsTyposAndNothingFarOff) {
  EXPECT_EQ(nearest_names("fitler", {"filter", "flat_map"}), (std::vector<std::string>{"filter"}));
  EXPECT_EQ(nearest_names("Driver_ID", {"driver_id"}), (std::vector<std::string>{"driver_id"}));
  EXPECT_TRUE(nearest_names("x", {"y", "zebra"}).empty());
  EXPECT_TRUE(nearest_names("", {"a"}).empty());
  EXPECT_EQ(nearest_names("cout", {"count", "court", "route"}, 2).size(), 2u);
}

}  // namespace
}  // namespace penstock::topology
