#include <gmock/gmock.h>

#include "tests/unit/operators/formats/decoded.h"

namespace penstock::operators {
namespace {

using record::Kind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const record::Schema kCars{{field("timestamp", Kind::kTimestamp), field("driver_id", Kind::kInt64),
                            field("event_type", Kind::kString), field("location", Kind::kString)}};

/// One field `x`, one line `{"x": value}`: the cell, or the code of the fault.
std::string read_one(record::Field wanted, const std::string& value) {
  const record::Schema schema{{std::move(wanted)}};
  const auto result = decode(schema, "{\"x\": " + value + "}\n");
  if (result.rows.size() + result.faults.size() != 1) return "?";
  return result.rows.empty() ? result.faults[0].code : result.rows[0];
}
std::string read_one(Kind kind, const std::string& value) { return read_one(field("x", kind), value); }

TEST(JsonDecoder, ReadsARow) {
  const auto result =
      decode(kCars, R"({"timestamp": "2023-09-18T14:23:10Z", "driver_id": 155, "event_type": "pickup", )"
                    R"("location": "Yerba Buena"})"
                    "\n");
  EXPECT_THAT(result.rows, ElementsAre("2023-09-18T14:23:10Z, 155, pickup, Yerba Buena"));
  EXPECT_THAT(result.faults, IsEmpty());
}

/// The first counted silently. Names that nobody reads are not looked at.
TEST(JsonDecoder, AFieldThatStandsTwiceIsAFault) {
  const auto result =
      decode(kCars,
             "{\"driver_id\":1,\"driver_id\":2}\n{\"driver_id\":null,\"location\":\"a\",\"driver\\u005fid\":3}\n"
             "{\"driver_id\":4,\"x\":1,\"x\":2}\n");
  EXPECT_THAT(result.rows, ElementsAre("null, 4, null, null"));
  ASSERT_THAT(result.codes(), ElementsAre("bad_json", "bad_json"));
  EXPECT_EQ(result.faults[0].message, "the field 'driver_id' stands twice in this object");
}

TEST(JsonDecoder, MatchesFieldsByNameInAnyOrder) {
  const auto result = decode(kCars,
                             "{\"location\":\"a\",\"driver_id\":1}\n{\"driver_id\":2,\"location\":\"b\"}\n"
                             "{\"other\":{\"driver_id\":[7,{}]},\"location\":\"c\"}\n{}\n");
  EXPECT_THAT(result.rows,
              ElementsAre("null, 1, null, a", "null, 2, null, b", "null, null, null, c", "null, null, null, null"));
}

TEST(JsonDecoder, GivesTheByteOffsetOfEachRow) {
  const auto result = decode({{field("a", Kind::kInt64)}}, "{\"a\":1}\n\n  \r\n{\"a\":22}\r\n{\"a\":3}");
  EXPECT_THAT(result.rows, ElementsAre("1", "22", "3"));
  EXPECT_THAT(result.offsets, ElementsAre(0, 13, 23));
}

TEST(JsonDecoder, SkipsAByteOrderMark) {
  const auto result = decode({{field("a", Kind::kInt64)}}, "\xEF\xBB\xBF{\"a\":1}\n");
  EXPECT_THAT(result.rows, ElementsAre("1"));
  EXPECT_THAT(result.offsets, ElementsAre(3));
}

TEST(JsonDecoder, ReadsIntegersExactlyOrNotAtAll) {
  EXPECT_EQ(read_one(Kind::kInt64, "0"), "0");
  EXPECT_EQ(read_one(Kind::kInt64, "-0"), "0");
  EXPECT_EQ(read_one(Kind::kInt64, "9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(read_one(Kind::kInt64, "-9223372036854775808"), "-9223372036854775808");
  for (const char* large : {"9223372036854775808", "-9223372036854775809", "18446744073709551616",
                            "99999999999999999999", "123456789012345678901234567890"}) {
    EXPECT_EQ(read_one(Kind::kInt64, large), "out_of_range") << large;
  }
  for (const char* wrong : {"1.5", "1.0", "1e3", "\"1\"", "true", "{}", "[1]"})
    EXPECT_EQ(read_one(Kind::kInt64, wrong), "wrong_type") << wrong;
  for (const char* bad : {"01", "-", "+1", "1.", ".5", "1e", "0x10", "1a", "1\"a\"", "nul", "nullx", "tru", "'1'",
                          "1 2", "", "\\1", "-\x0c"}) {
    EXPECT_EQ(read_one(Kind::kInt64, bad), "bad_json") << bad;
  }
}

TEST(JsonDecoder, ReadsFloatsToTheNearestDouble) {
  EXPECT_EQ(read_one(Kind::kFloat64, "0.1"), "0.1");
  EXPECT_EQ(read_one(Kind::kFloat64, "-12"), "-12");
  EXPECT_EQ(read_one(Kind::kFloat64, "1e22"), "1e+22");
  EXPECT_EQ(read_one(Kind::kFloat64, "1E-3"), "0.001");
  EXPECT_EQ(read_one(Kind::kFloat64, "0e999999999"), "0");
  EXPECT_EQ(read_one(Kind::kFloat64, "123456789012345678901234567890"), "1.2345678901234568e+29");
  EXPECT_EQ(read_one(Kind::kFloat64, "1.7976931348623157e308"), "1.7976931348623157e+308");
  EXPECT_EQ(read_one(Kind::kFloat64, "9007199254740993"), "9007199254740992");
  EXPECT_EQ(read_one(Kind::kFloat64, "1e400"), "out_of_range");
  EXPECT_EQ(read_one(Kind::kFloat64, "-1e400"), "out_of_range");
  EXPECT_EQ(read_one(Kind::kFloat64, "\"1\""), "wrong_type");
  EXPECT_EQ(read_one(Kind::kFloat64, "NaN"), "bad_json");
}

TEST(JsonDecoder, ReadsTimestampsAsTextOrInTheUnitOfTheSchema) {
  EXPECT_EQ(read_one(Kind::kTimestamp, "\"2023-09-18T14:23:10Z\""), "2023-09-18T14:23:10Z");
  EXPECT_EQ(read_one(Kind::kTimestamp, "\"2023-10-09T17:13:20.200+00:00\""), "2023-10-09T17:13:20.2Z");
  EXPECT_EQ(read_one(Kind::kTimestamp, "\"2001/01/01 00:47\""), "2001-01-01T00:47:00Z");
  EXPECT_EQ(read_one(Kind::kTimestamp, "\"2024-02-29T00:00:00Z\""), "2024-02-29T00:00:00Z");
  for (const char* bad : {"\"2023-02-29T00:00:00Z\"", "\"1899-12-31T23:59:59Z\"", "\"2201-01-01T00:00:00Z\"", "\"\"",
                          "\"2023-13-18T14:23:10Z\"", "\"2023-09-18T24:23:10Z\"", "\"2023-09-18T14:60:10Z\"",
                          "\"2023-09-00T14:23:10Z\"", "\"2023-04-31T14:23:10Z\"", "\"soon\""}) {
    EXPECT_EQ(read_one(Kind::kTimestamp, bad), "bad_timestamp") << bad;
  }
  EXPECT_EQ(read_one(Kind::kTimestamp, "1695046990"), "wrong_type");

  auto units = std::make_shared<topology::Params>();
  for (const char* unit : {"seconds", "millis", "micros", "nanos"}) units->set(unit, std::string(unit));
  Reading reading;
  reading.params.set("units", std::shared_ptr<const topology::Params>(units));
  const record::Schema schema{{field("seconds", Kind::kTimestamp), field("millis", Kind::kTimestamp),
                               field("micros", Kind::kTimestamp), field("nanos", Kind::kTimestamp)}};
  const auto good = decode(schema,
                           R"({"seconds": 1695046990, "millis": 1695046990123, "micros": 1695046990123456, )"
                           R"("nanos": 1695046990123456000})",
                           reading);
  EXPECT_THAT(good.rows, ElementsAre("2023-09-18T14:23:10Z, 2023-09-18T14:23:10.123Z, 2023-09-18T14:23:10.123456Z, "
                                     "2023-09-18T14:23:10.123456Z"));
  const auto bad = decode(schema,
                          "{\"nanos\": 1695046990123456001}\n{\"seconds\": 1695046990123}\n"
                          "{\"seconds\": 9223372036854775807}\n{\"millis\": \"2023-09-18\"}\n{\"micros\": 1.5}\n",
                          reading);
  EXPECT_THAT(bad.codes(), ElementsAre("bad_timestamp", "bad_timestamp", "bad_timestamp", "wrong_type", "wrong_type"));
}

TEST(JsonDecoder, ReadsStringsWithEscapes) {
  EXPECT_EQ(read_one(Kind::kString, R"("a\"b\\c\/d\b\f\n\r\t")"), "a\"b\\c/d\b\f\n\r\t");
  EXPECT_EQ(read_one(Kind::kString, R"("\u0041\u00e9\u20AC\ud83d\ude00")"), "A\u00e9\u20ac\U0001F600");
  EXPECT_EQ(read_one(Kind::kString, "\"spaces before the quote   \"   "), "spaces before the quote   ");
  EXPECT_EQ(read_one(Kind::kString, "\"{}[]:,\""), "{}[]:,");
  EXPECT_EQ(read_one(Kind::kString, "\"\""), "");
  for (const char* bad :
       {R"("\x")", R"("\u12")", R"("\ud83d")", R"("\ud83dx")", R"("\ude00")", R"("\ud83d\u0041")", R"("\u12g4")"}) {
    EXPECT_EQ(read_one(Kind::kString, bad), "bad_json") << bad;
  }
  EXPECT_EQ(read_one(Kind::kString, "5"), "wrong_type");
  EXPECT_EQ(read_one(Kind::kString, "true"), "wrong_type");
}

TEST(JsonDecoder, ReadsFieldNamesWithEscapes) {
  EXPECT_THAT(decode({{field("a\"b", Kind::kInt64)}}, R"({"a\"b": 5})").rows, ElementsAre("5"));
  EXPECT_THAT(decode({{field("abc", Kind::kInt64)}}, R"({"a\u0062c": 5, "\\": 6})").rows, ElementsAre("5"));
  EXPECT_THAT(decode({{field("abc", Kind::kInt64)}}, R"({"\q": 5})").codes(), ElementsAre("bad_json"));
}

TEST(JsonDecoder, KeepsObjectsAndArraysUnderAStringFieldAsText) {
  EXPECT_EQ(read_one(Kind::kString, R"({"b": [1, "}", {"c" : null} ] }  )"), R"({"b": [1, "}", {"c" : null} ] })");
  EXPECT_EQ(read_one(Kind::kString, "[ ]"), "[ ]");
  for (const char* bad : {"{\"a\"}", "{\"a\":}", "{a:1}", "[1,]", "{\"a\":1,}", "[1 2]", "[1", "{\"a\":1", "[}", "{]",
                          "[01]", "[\"\\q\"]", "{\"a\":1,,}", "[,]", "{:1}"}) {
    EXPECT_EQ(read_one(Kind::kString, bad), "bad_json") << bad;
  }
  EXPECT_EQ(read_one(Kind::kString, std::string(256, '[') + std::string(256, ']')),
            std::string(256, '[') + std::string(256, ']'));
  EXPECT_EQ(read_one(Kind::kString, std::string(257, '[') + std::string(257, ']')), "bad_json");
}

TEST(JsonDecoder, ReadsListsBoolsBytesAndDurations) {
  EXPECT_EQ(read_one(list_field("x", Kind::kString), R"(["a", null, "b\n"])"), "[a, null, b\n]");
  EXPECT_EQ(read_one(list_field("x", Kind::kInt64), "[]"), "[]");
  EXPECT_EQ(read_one(list_field("x", Kind::kInt64), "[1, \"2\"]"), "wrong_type");
  EXPECT_EQ(read_one(list_field("x", Kind::kInt64), "[[1]]"), "wrong_type");
  EXPECT_EQ(read_one(list_field("x", Kind::kInt64), "[1,]"), "bad_json");
  EXPECT_EQ(read_one(list_field("x", Kind::kInt64), "7"), "wrong_type");
  EXPECT_EQ(read_one(list_field("x", Kind::kInt64), "null"), "null");
  EXPECT_EQ(read_one(Kind::kBool, "true"), "true");
  EXPECT_EQ(read_one(Kind::kBool, "false"), "false");
  EXPECT_EQ(read_one(Kind::kBool, "1"), "wrong_type");
  EXPECT_EQ(read_one(Kind::kBytes, "\"aGk=\""), "hi");
  EXPECT_EQ(read_one(Kind::kBytes, "\"aGk\""), "wrong_type");
  EXPECT_EQ(read_one(Kind::kDuration, "\"1h30m\""), "1h30m");
  EXPECT_EQ(read_one(Kind::kDuration, "\"long\""), "wrong_type");
}

TEST(JsonDecoder, ABadElementOfAListLeavesNothingBehind) {
  const auto result = decode({{list_field("x", Kind::kInt64), field("y", Kind::kInt64)}},
                             "{\"x\":[1,2],\"y\":1}\n{\"y\":2,\"x\":[3,true]}\n{\"x\":[4]}\n");
  EXPECT_THAT(result.rows, ElementsAre("[1, 2], 1", "[4], null"));
}

TEST(JsonDecoder, ANullWhereTheSchemaForbidsItIsThatRecordsError) {
  const record::Schema schema{{field("id", Kind::kInt64, false), field("name", Kind::kString)}};
  const auto result = decode(schema, "{\"id\":1}\n{\"id\":null}\n{\"name\":\"a\"}\n{\"id\":2}\n");
  EXPECT_THAT(result.rows, ElementsAre("1, null", "2, null"));
  ASSERT_THAT(result.codes(), ElementsAre("null_field", "null_field"));
  EXPECT_EQ(result.faults[0].message, "field 'id' is null, expected int64 (the schema says it is never null: '!')");
  EXPECT_THAT(result.faults[1].message, HasSubstr("field 'id' is missing"));
  EXPECT_EQ(result.faults[1].offset, 21);
  EXPECT_EQ(result.faults[1].raw, "{\"name\":\"a\"}");
}

TEST(JsonDecoder, SaysWhatItFoundAndWhatItExpected) {
  const auto message = [](const std::string& line) {
    const auto result = decode({{field("id", Kind::kInt64)}}, line);
    return result.faults.size() == 1 ? result.faults[0].message : "?";
  };
  EXPECT_EQ(message("{\"id\": \"seven\"}"), "field 'id': found \"seven\", expected int64");
  EXPECT_EQ(message("{\"id\": 1.5}"),
            "field 'id': found 1.5, expected int64 (a whole number without fraction or exponent)");
  EXPECT_EQ(message("{\"id\": 9223372036854775808}"), "field 'id': 9223372036854775808 does not fit int64");
  EXPECT_EQ(message("{\"id\" 5}"), "expected : behind a field name, found 5 at byte 7 of the line");
  EXPECT_EQ(message("{\"id\": 5"), "expected , or }, found the end of the line at byte 9 of the line");
  EXPECT_EQ(message("hello, world"), "expected { (one JSON object a line), found hello at byte 1 of the line");
  EXPECT_EQ(message("{\"id\": 5} {}"),
            "expected the end of the line (one JSON object a line), found { at byte 11 of the line");
  EXPECT_EQ(message("{\"id\": 5, \"name"), "a string is not closed, or holds a raw control character");
}

TEST(JsonDecoder, ABadLineDoesNotDisturbItsNeighbours) {
  const std::string good = "{\"a\":1}\n";
  for (const std::string bad : {"{\"a\":\"open}", "{\"a\":1", "\\\"", "{\"a\":\"\xFF\"}", "\xC3", "{\"a\":\"\\",
                                "{{{{{{", "}", "[", "\"", "{\"a\":\"\x01\"}", "\x0c", "{\"a\":1}{\"a\":1}", "null"}) {
    const auto result = decode({{field("a", Kind::kInt64)}}, good + bad + "\n" + good + bad + "\n" + good + bad);
    EXPECT_THAT(result.rows, ElementsAre("1", "1", "1")) << bad;
    ASSERT_EQ(result.faults.size(), 3u) << bad;
    EXPECT_EQ(result.faults[1].raw, bad);
  }
}

TEST(JsonDecoder, BadUtf8IsThatRecordsErrorEvenInFieldsNobodyReads) {
  const auto result =
      decode({{field("a", Kind::kInt64)}}, "{\"a\":1,\"b\":\"\xC0\x80\"}\n{\"a\":2,\"b\":\"\u00e9\"}\n");
  EXPECT_THAT(result.rows, ElementsAre("2"));
  EXPECT_THAT(result.codes(), ElementsAre("bad_utf8"));
}

TEST(JsonDecoder, AnObjectOverTwoLinesIsTwoBadLines) {
  const auto result = decode({{field("a", Kind::kInt64)}}, "{\"a\":\n1}\n{\"a\":2}\n");
  EXPECT_THAT(result.rows, ElementsAre("2"));
  EXPECT_THAT(result.codes(), ElementsAre("bad_json", "bad_json"));
}

TEST(JsonDecoder, ALineOverTheLimitIsSkippedWhateverTheChunks) {
  const std::string text = "{\"a\":1}\n{\"a\":\"" + std::string(base::kMaxLineBytes * 2, 'x') + "\"}\n{\"a\":2}\n";
  for (const std::size_t chunk : {std::size_t{100'000}, std::size_t{1} << 20, std::size_t{1} << 30}) {
    Reading reading;
    reading.chunk = chunk;
    const auto result = decode({{field("a", Kind::kInt64)}}, text, reading);
    EXPECT_THAT(result.rows, ElementsAre("1", "2"));
    ASSERT_THAT(result.codes(), ElementsAre("line_too_long"));
    EXPECT_EQ(result.faults[0].offset, 8);
    EXPECT_LE(result.faults[0].raw.size(), 2000u);
  }
}

TEST(JsonDecoder, ALineOfExactlyTheLimitIsGood) {
  std::string line = "{\"a\":\"" + std::string(base::kMaxLineBytes - 8, 'x') + "\"}";
  ASSERT_EQ(line.size(), base::kMaxLineBytes);
  EXPECT_EQ(decode({{field("a", Kind::kString)}}, line + "\r\n").rows.size(), 1u);
  line += ' ';
  EXPECT_THAT(decode({{field("a", Kind::kString)}}, line + "\r\n").codes(), ElementsAre("line_too_long"));
}

}  // namespace
}  // namespace penstock::operators
