#include <gtest/gtest.h>

#include "runtime/expression/cell_text.h"
#include "runtime/expression/kernels.h"
#include "runtime/expression/program.h"
#include "topology/expression/functions.h"

namespace penstock::expression {
namespace {

using topology::ExprPtr;

std::string evaluated(const std::string& text) {
  auto checked = topology::check_expression(text, topology::Scope{});
  if (auto* faults = std::get_if<1>(&checked))
    return "fault: " + faults->front().message + " (" + faults->front().hint + ")";
  auto program = Program::compile(std::span(&std::get<0>(checked), 1));
  if (!program) return "no program: " + program.error().text;
  record::Rows row;
  row.count = 1;
  const record::Column result = program->run(row, 1'700'000'000'000'000)[0];
  if (!program->faults().empty()) return "failed: " + std::string(program->faults()[0].code);
  return cell_text(result, 0);
}

TEST(Functions, EveryExampleGivesItsResult) {
  for (const topology::Function& function : topology::functions()) {
    if (topology::is_aggregate(function)) continue;
    EXPECT_EQ(evaluated(std::string(function.example)), function.example_result) << function.example;
  }
}

TEST(Functions, EverySignatureHasAKernel) {
  for (const topology::Function& function : topology::functions()) {
    if (topology::is_aggregate(function) || function.section == topology::Section::kForms) continue;
    for (const topology::Signature& signature : function.signatures) {
      EXPECT_NE(find_kernel(function.name, signature.text), nullptr) << function.name << " " << signature.text;
    }
  }
}

struct Case {
  const char* text;
  const char* result;
};

TEST(Expressions, GiveWhatSqlGives) {
  const Case cases[] = {
      {"1 + 2 * 3", "7"},
      {"(1 + 2) * 3", "9"},
      {"-2 * -3", "6"},
      {"2 - 3 - 4", "-5"},
      {"1 << 2 + 1", "8"},
      {"6 & 3 | 8", "10"},
      {"not 1 = 2 and true", "true"},
      {"true or false and false", "true"},
      {"'a' || 'b' = 'ab'", "true"},
      {"2 between 1 and 3 and 5 not between 1 and 3", "true"},
      {"2 in (1, 2, null)", "true"},
      {"3 in (1, 2, null)", "null"},
      {"3 not in (1, 2)", "true"},
      {"cast(null as int64) = cast(null as int64)", "null"},
      {"null is null", "true"},
      {"false and null", "false"},
      {"true and null", "null"},
      {"true or null", "true"},
      {"case when null then 1 when true then 2 end", "2"},
      {"case 3 when 1 then 'a' else 'b' end", "b"},
      {"case 3 when 1 then 'a' end", "null"},
      {"coalesce(null, 2, 1 )", "2"},
      {"nullif(1, 1)", "null"},
      {"nullif(1, 2)", "1"},
      {"cast('12' as int64) + 1", "13"},
      {"cast(1.9 as int64)", "1"},
      {"cast(1e3 as string)", "1000"},
      {"cast('1h' as duration) + 1m", "1h1m"},
      {"cast(true as string)", "true"},
      {"0xff", "255"},
      {"1.5e3", "1500"},
      {"'it''s'", "it's"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"7 / 2", "3"},
      {"7.0 / 2", "3.5"},
      {"1 != 2", "true"},
      {"timestamp '2012-01-01' > '2011-12-31'", "true"},
      {"10s * 6", "1m"},
      {"'100%' like '100\\%'", "true"},
      {"'abcd' like 'a%c_'", "true"},
      {"'abc' like ''", "false"},
      {"'' like '%'", "true"},
      {"'néé' like 'n__'", "true"},
      {"substr('hello', 0, 2)", "h"},
      {"substr('hello', 2)", "ello"},
      {"substr('hello', 9)", ""},
      {"split_part('a/b/c', '/', -1)", "c"},
      {"split_part('a/b/c', '/', 4)", ""},
      {"split('', ' ')", "[]"},
      {"length(split('', ' '))", "1"},
      {"split('a--b', '--')", "[a, b]"},
      {"split(' a  b ', ' ')", "[, a, , b, ]"},
      {"element(split('a b', ' '), -1)", "b"},
      {"element([1, null, 3], 2)", "null"},
      {"contains([1, 2], 2)", "true"},
      {"trim('xxaxx', 'x')", "a"},
      {"upper('straße я')", "STRAßE Я"},
      {"lower('ÀÉ Ω Ž')", "àé ω ž"},
      {"round(2.5)", "3"},
      {"round(1234.5, -2)", "1200"},
      {"greatest(1, 2.5)", "2.5"},
      {"format('%s|%5s|%-3s|%x', null, 'a', 'b', 255)", "null"},
      {"format('%5s|%-3s|%x|%d%%', 'a', 'b', 255, 7)", "    a|b  |ff|7%"},
      {"extract(week from timestamp '2021-01-03')", "53"},
      {"extract(dow from timestamp '2021-01-03')", "0"},
      {"date_trunc('week', timestamp '2021-01-03T10:00:00Z')", "2020-12-28T00:00:00Z"},
      {"date_trunc('quarter', timestamp '2021-05-03')", "2021-04-01T00:00:00Z"},
      {"time_bucket(7s, timestamp '1969-12-31T23:59:59Z')", "1969-12-31T23:59:53Z"},
      {"parse_time('3 Feb 2021 04:05 pm', '%e %b %Y %I:%M %p')", "2021-02-03T16:05:00Z"},
      {"parse_time('2021-02-03T04:05:06.5+02:00', '%FT%T.%f%z')", "2021-02-03T02:05:06.5Z"},
      {"json('{\"a\": [1, {\"b\": null, \"c\": \"x\"}]}', '$.a[1].c')", "x"},
      {"json('{\"a\": [1, {\"b\": null}]}', '$.a[1].b')", "null"},
      {"json('{\"a\": [1, {\"b\": true}]}', '$.a[1]')", "{\"b\":true}"},
      {"json('{\"a\": 1.5}', '$[''a'']')", "1.5"},
      {"json('nonsense', '$.a')", "failed: parse_failed"},
      {"json_list('{\"a\": [1, null, \"x\"]}', '$.a')", "[1, null, x]"},
      {"json_list('{\"a\": 1}', '$.a')", "null"},
      {"regexp_extract('abc', '(x)?')", ""},
      {"regexp_extract('abc', 'b(x)?', 1)", "null"},
      {"hash('')", "3244421341483603138"},
      {"crc32('')", "0"},
      {"sqrt(0.0 - 1)", "failed: bad_argument"},
      {"power(10, 400)", "failed: overflow"},
      {"cast(concat('1', 'x') as int64)", "failed: bad_cast"},
      {"micros(9223372036854775807)", "failed: out_of_range"},
      {"case when length('') <> 0 then 1 / length('') else 0 end", "0"},
      {"length('') <> 0 and 10 / length('') > 1", "false"},
      {"10 / length('') > 1 or length('') = 0", "true"},
      {"coalesce(1 / length('a'), 1 / length(''))", "1"},
  };
  for (const Case& one : cases) EXPECT_EQ(evaluated(one.text), one.result) << one.text;
}

}  // namespace
}  // namespace penstock::expression
