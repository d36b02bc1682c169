#include <gmock/gmock.h>

#include <limits>
#include <random>

#include "tests/unit/operators/formats/decoded.h"

namespace penstock::operators {
namespace {

using record::Kind;

std::string encode(const std::string& format, const record::Rows& rows, const record::Schema& schema,
                   const topology::Params& params = {}) {
  auto encoder = make_encoder(format, schema, params);
  EXPECT_TRUE(encoder.has_value());
  std::string out;
  (*encoder)->header(out);
  (*encoder)->encode(rows, out);
  return out;
}

const record::Schema kAll{{field("b", Kind::kBool), field("i", Kind::kInt64), field("f", Kind::kFloat64),
                           field("s", Kind::kString), field("y", Kind::kBytes), field("t", Kind::kTimestamp),
                           field("d", Kind::kDuration), list_field("l", Kind::kString)}};

record::RowsBuffer two_rows() {
  record::RowsBuffer rows(kAll);
  rows[0].append_bool(true);
  rows[1].append_int(std::numeric_limits<std::int64_t>::min());
  rows[2].append_float(0.1);
  rows[3].append_text("a\"b\\c\n\x01,\u00e9");
  rows[4].append_text(std::string_view("\xFF\x00", 2));
  rows[5].append_int(1'695'046'990'250'000);
  rows[6].append_int(5'400'000'000);
  rows[7].child().append_text("x");
  rows[7].child().append_null();
  rows[7].append_list(2);
  for (int i = 0; i < 8; ++i) rows[i].append_null();
  return rows;
}

TEST(JsonEncoder, WritesEveryTypeInSchemaOrder) {
  auto rows = two_rows();
  EXPECT_EQ(encode("json", rows.rows(), kAll),
            R"({"b":true,"i":-9223372036854775808,"f":0.1,"s":"a\"b\\c\n\u0001,é","y":"/wA=",)"
            R"("t":"2023-09-18T14:23:10.25Z","d":"1h30m","l":["x",null]})"
            "\n"
            R"({"b":null,"i":null,"f":null,"s":null,"y":null,"t":null,"d":null,"l":null})"
            "\n");
}

TEST(JsonEncoder, WritesOnlyTheSelectedCells) {
  const record::Schema schema{{field("a\"", Kind::kInt64)}};
  record::RowsBuffer buffer(schema);
  for (int i = 0; i < 5; ++i) buffer[0].append_int(i);
  record::Rows rows = buffer.rows();
  const std::uint32_t selection[] = {1, 4};
  rows.selection = selection;
  rows.count = 2;
  EXPECT_EQ(encode("json", rows, schema), "{\"a\\\"\":1}\n{\"a\\\"\":4}\n");
}

TEST(JsonEncoder, WritesWhatIsNoNumberAsNull) {
  const record::Schema schema{{field("f", Kind::kFloat64)}};
  record::RowsBuffer rows(schema);
  rows[0].append_float(std::numeric_limits<double>::quiet_NaN());
  rows[0].append_float(-std::numeric_limits<double>::infinity());
  rows[0].append_float(-0.0);
  EXPECT_EQ(encode("json", rows.rows(), schema), "{\"f\":null}\n{\"f\":null}\n{\"f\":-0}\n");
  EXPECT_EQ(encode("csv", rows.rows(), schema), "f\n\"\"\n\"\"\n-0\n");
}

TEST(JsonEncoder, EscapesAtEveryPlaceOfALongText) {
  const record::Schema schema{{field("s", Kind::kString)}};
  for (std::size_t at = 0; at < 20; ++at) {
    for (const char c : {'"', '\\', '\n', '\x1f', '\x7f', '\xC3'}) {
      std::string text(20, 'x');
      text[at] = c;
      if (c == '\xC3') text.insert(at + 1, "\xA9");
      record::RowsBuffer rows(schema);
      rows[0].append_text(text);
      const auto back = decode(schema, encode("json", rows.rows(), schema));
      ASSERT_EQ(back.rows, std::vector<std::string>{text});
    }
  }
}

TEST(CsvEncoder, WritesAHeaderAndQuotesWhatNeedsIt) {
  auto rows = two_rows();
  EXPECT_EQ(encode("csv", rows.rows(), kAll),
            "b,i,f,s,y,t,d,l\n"
            "true,-9223372036854775808,0.1,\"a\"\"b\\c\n\x01,\u00e9\",/wA=,2023-09-18T14:23:10.25Z,1h30m,"
            "\"[\"\"x\"\",null]\"\n"
            ",,,,,,,\n");
  topology::Params params;
  params.set("header", false);
  params.set("delimiter", std::string(";"));
  const record::Schema schema{{field("s", Kind::kString), field("u", Kind::kString)}};
  record::RowsBuffer semicolons(schema);
  semicolons[0].append_text("a,b");
  semicolons[1].append_text("");
  EXPECT_EQ(encode("csv", semicolons.rows(), schema, params), "a,b;\"\"\n");
}

/// An empty line is skipped by whoever reads it, so nulls of a single column got lost.
TEST(CsvEncoder, GivesBackTheNullsOfASingleColumn) {
  for (const bool header : {true, false}) {
    Reading reading;
    reading.format = "csv";
    reading.params.set("header", header);
    for (const record::Field& single : kAll.fields) {
      const record::Schema schema{{single}};
      record::RowsBuffer rows(schema);
      rows[0].append_null();
      rows[0].append_null();
      if (record::is_text(single.type.kind)) rows[0].append_text("");
      if (record::is_text(single.type.kind)) rows[0].append_text("x");
      if (single.type.kind == Kind::kList) rows[0].append_list(0);
      rows[0].append_null();
      const record::Rows all = rows.rows();
      std::vector<std::string> expected;
      for (std::uint32_t row = 0; row < all.count; ++row) expected.push_back(support::row_text(all, row));
      const auto back = decode(schema, encode("csv", all, schema, reading.params), reading);
      EXPECT_EQ(back.rows, expected) << single.name;
      EXPECT_THAT(back.faults, ::testing::IsEmpty()) << single.name;
    }
  }
}

/// They were read as null.
TEST(CsvEncoder, GivesBackBytesThatAreEmpty) {
  const record::Schema schema{{field("a", Kind::kBytes, false), field("b", Kind::kBytes)}};
  record::RowsBuffer rows(schema);
  rows[0].append_text("");
  rows[1].append_null();
  Reading reading;
  reading.format = "csv";
  const std::string text = encode("csv", rows.rows(), schema);
  EXPECT_EQ(text, "a,b\n\"\",\n");
  EXPECT_THAT(decode(schema, text, reading).rows, ::testing::ElementsAre(", null"));
}

/// Timestamps were cut at each colon, negative numbers at their sign.
TEST(CsvEncoder, QuotesNumbersAndTimesWhereTheyHoldTheDelimiter) {
  auto rows = two_rows();
  Reading reading;
  reading.format = "csv";
  reading.params.set("delimiter", std::string(":"));
  EXPECT_EQ(encode("csv", rows.rows(), kAll, reading.params),
            "b:i:f:s:y:t:d:l\n"
            "true:-9223372036854775808:0.1:\"a\"\"b\\c\n\x01,\u00e9\":/wA=:\"2023-09-18T14:23:10.25Z\":1h30m:"
            "\"[\"\"x\"\",null]\"\n"
            ":::::::\n");
  std::vector<std::string> expected;
  for (std::uint32_t row = 0; row < 2; ++row) expected.push_back(support::row_text(rows.rows(), row));
  for (char delimiter = 1; delimiter < 127; ++delimiter) {
    reading.params.set("delimiter", std::string(1, delimiter));
    if (!make_encoder("csv", kAll, reading.params)) continue;
    const auto back = decode(kAll, encode("csv", rows.rows(), kAll, reading.params), reading);
    EXPECT_THAT(back.faults, ::testing::IsEmpty()) << delimiter;
    EXPECT_EQ(back.rows, expected) << delimiter;
  }
}

TEST(TextAndRawEncoder, WriteOneFieldALine) {
  const record::Schema schema{{field("n", Kind::kInt64), field("s", Kind::kString), field("y", Kind::kBytes)}};
  record::RowsBuffer rows(schema);
  rows[0].append_int(1);
  rows[1].append_text("text");
  rows[2].append_text(std::string_view("\xFF\x00", 2));
  EXPECT_EQ(encode("text", rows.rows(), schema), "text\n");
  EXPECT_EQ(encode("raw", rows.rows(), schema), std::string("\xFF\x00\n", 3));
}

/// What is written can be read again, for random rows of every type.
TEST(EncodersAndDecoders, AgreeOnRandomRows) {
  std::mt19937_64 random(11);
  for (const std::string format : {"json", "csv"}) {
    for (int round = 0; round < 300; ++round) {
      record::RowsBuffer rows(kAll);
      for (int row = 0; row < 5; ++row) {
        rows[0].append_bool(random() % 2 == 0);
        rows[1].append_int(static_cast<std::int64_t>(random() >> random() % 64));
        double number = 0;
        do {
          const std::uint64_t bits = random();
          std::memcpy(&number, &bits, 8);
        } while (number - number != 0);
        rows[2].append_float(random() % 2 == 0 ? number : static_cast<double>(random() % 100000) / 100);
        std::string text;
        for (std::size_t i = random() % 30; i > 0; --i) text += static_cast<char>(1 + random() % 126);
        rows[3].append_text(rows.arena().copy(text));
        text.insert(0, 1, '\xFE');
        rows[4].append_text(rows.arena().copy(text));
        rows[5].append_int(static_cast<std::int64_t>(random() % 4'000'000'000'000'000) - 2'000'000'000'000'000);
        rows[6].append_int(static_cast<std::int64_t>(random() % 10'000'000'000'000));
        const auto elements = static_cast<std::uint32_t>(random() % 4);
        for (std::uint32_t i = 0; i < elements; ++i) rows[7].child().append_text("e,\"");
        rows[7].append_list(elements);
      }
      const record::Rows all = rows.rows();
      std::vector<std::string> expected;
      for (std::uint32_t row = 0; row < all.count; ++row) expected.push_back(support::row_text(all, row));
      Reading reading;
      reading.format = format;
      const auto back = decode(kAll, encode(format, all, kAll), reading);
      ASSERT_EQ(back.codes(), std::vector<std::string>{});
      ASSERT_EQ(back.rows, expected) << format;
    }
  }
}

}  // namespace
}  // namespace penstock::operators
