#include <gmock/gmock.h>

#include "tests/unit/operators/formats/decoded.h"

namespace penstock::operators {
namespace {

using record::Kind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const record::Schema kFlights{
    {field("date", Kind::kTimestamp), field("delay", Kind::kInt64), field("origin", Kind::kString)}};
const record::Schema kText{{field("a", Kind::kString), field("b", Kind::kString)}};

Reading csv(bool header = true, std::string delimiter = ",") {
  Reading reading;
  reading.format = "csv";
  reading.params.set("header", header);
  reading.params.set("delimiter", std::move(delimiter));
  return reading;
}

std::string read_one(record::Field wanted, const std::string& cell) {
  const auto result = decode({{std::move(wanted), field("z", Kind::kInt64)}}, cell + ",1\n", csv(false));
  if (result.rows.size() + result.faults.size() != 1) return "?";
  return result.rows.empty() ? result.faults[0].code : result.rows[0].substr(0, result.rows[0].rfind(','));
}

TEST(CsvDecoder, MatchesColumnsByTheNamesOfTheHeader) {
  const auto result = decode(kFlights,
                             "date,delay,distance,origin,destination\n2001/01/01 00:47,66,1750,DTW,LAS\n"
                             "2001/01/01 01:10,-5,2399,HNL,SFO\n",
                             csv());
  EXPECT_THAT(result.rows, ElementsAre("2001-01-01T00:47:00Z, 66, DTW", "2001-01-01T01:10:00Z, -5, HNL"));
  EXPECT_THAT(result.offsets, ElementsAre(39, 72));
  EXPECT_THAT(result.faults, IsEmpty());
}

TEST(CsvDecoder, WithoutAHeaderColumnsGoByPosition) {
  EXPECT_THAT(decode(kText, "x;y\n1;2", csv(false, ";")).rows, ElementsAre("x, y", "1, 2"));
}

TEST(CsvDecoder, SaysWhichColumnTheHeaderLacks) {
  const auto result = decode(kText, "a,c\n1,2\n", csv());
  EXPECT_THAT(result.rows, IsEmpty()) << "not a null for each b";
  ASSERT_THAT(result.codes(), ElementsAre("missing_column"));
  EXPECT_TRUE(result.faults[0].of_all);
  EXPECT_EQ(result.faults[0].message, "the header has no column 'b'; it has: a, c");
  EXPECT_EQ(decode(kText, "c\n1\n", csv()).faults.at(0).message, "the header has no columns 'a', 'b'; it has: c");
}

/// The first row was then taken for the header, and all others had nulls.
TEST(CsvDecoder, AHeaderThatCannotBeReadEndsTheInput) {
  const auto open = decode(kText, "\"a,b\nx,1\ny,3\n", csv());
  EXPECT_THAT(open.rows, IsEmpty());
  EXPECT_THAT(open.faults, ElementsAre(DecodedFault{0, "\"a,b", "bad_header",
                                                    "the header cannot be read: a quoted cell is not closed", true}));
  const auto broken = decode(kText, "\n\"a\"x,b\n\"a\",b\n1,2\n", csv());
  EXPECT_THAT(broken.rows, IsEmpty());
  EXPECT_THAT(broken.codes(), ElementsAre("bad_header"));
  const auto too_long = decode(kText, std::string(base::kMaxLineBytes + 1, 'x') + "\na,b\n1,2\n", csv());
  EXPECT_THAT(too_long.rows, IsEmpty());
  EXPECT_THAT(too_long.codes(), ElementsAre("bad_header"));
  const auto utf16 = decode(kText,
                            "\xff\xfe"
                            "a,b\n1,2\n",
                            csv());
  EXPECT_THAT(utf16.rows, IsEmpty());
  EXPECT_THAT(utf16.codes(), ElementsAre("bad_header"));
  EXPECT_EQ(utf16.faults[0].message, "the header is not valid UTF-8");
}

/// Half a character in a message was no text that a worker could report.
TEST(CsvDecoder, AMessageHoldsWholeCharacters) {
  const auto behind = decode(kText, "a,b\n1,\"x\"\u00e9\n", csv());
  ASSERT_EQ(behind.faults.size(), 1u);
  EXPECT_EQ(behind.faults[0].message,
            "found \u00e9 behind the closing quote of cell 2, expected the delimiter or the end of the line");
  const auto invalid = decode(kText, "a,b\n1,\"x\"\xff\n", csv());
  ASSERT_EQ(invalid.faults.size(), 1u);
  EXPECT_EQ(invalid.faults[0].message,
            "found \ufffd behind the closing quote of cell 2, expected the delimiter or the end of the line");
}

TEST(CsvDecoder, WhatWentOnBehindABadHeaderDoesNotGoOnFurther) {
  for (const auto& [learnt, faults] : {std::pair{"refused ", 0u}, std::pair{"reading a,c", 1u}}) {
    auto decoder = make_decoder("csv", kText, {});
    ASSERT_TRUE((*decoder)->resume(learnt));
    record::RowsBuffer out(kText);
    Decoded result;
    const std::string text = "a,b\n1,2\n" + std::string(64, ' ');
    const auto progress =
        (*decoder)->decode(std::string_view(text).substr(0, 8), 9, false, 10, out, result.offsets, result);
    EXPECT_EQ(progress.rows, 0u);
    EXPECT_EQ(progress.consumed, 8u);
    EXPECT_EQ(result.faults.size(), faults);
    EXPECT_EQ((*decoder)->learnt(), "refused ");
  }
}

/// The first counted silently.
TEST(CsvDecoder, SaysWhichColumnTheHeaderHasTwice) {
  const auto result = decode(kText, "a,z,b,a,z\n1,2,3,4,5\n", csv());
  EXPECT_THAT(result.rows, IsEmpty());
  ASSERT_THAT(result.codes(), ElementsAre("duplicate_column"));
  EXPECT_EQ(result.faults[0].message, "the header has two columns 'a'");
}

TEST(CsvDecoder, AnEmptyCellIsNullAndAQuotedOneIsTheEmptyText) {
  EXPECT_THAT(decode(kText, "a,b\n,\"\"\n\"\",\n", csv()).rows, ElementsAre("null, ", ", null"));
}

TEST(CsvDecoder, AnEmptyLineIsTheNullOfASingleColumnOfTextsAndNoRowElse) {
  const std::string text = "\n\r\nx\r\nfirst\n\n\r\n\"\"\nlast\n\r";
  EXPECT_THAT(decode({{field("x", Kind::kString)}}, text, csv()).rows,
              ElementsAre("first", "null", "null", "", "last", "null"));
  EXPECT_THAT(decode({{field("x", Kind::kString, false)}}, text, csv()).rows, ElementsAre("first", "", "last"));
  EXPECT_THAT(decode({{field("x", Kind::kInt64)}}, "x\n1\n\n\"\"\n2\n\n", csv()).rows, ElementsAre("1", "null", "2"));
  EXPECT_THAT(decode({{field("x", Kind::kString)}}, "x,y\n1,2\n\n3,4\n\n", csv()).rows, ElementsAre("1", "3"));
}

TEST(CsvDecoder, ReadsQuotedCells) {
  const auto result =
      decode(kText, "a,b\n\"x, \"\"y\"\"\",\"two\nlines\"\r\nplain,\"\"\"\"\n\"end\",\"of file\"", csv());
  EXPECT_THAT(result.rows, ElementsAre("x, \"y\", two\nlines", "plain, \"", "end, of file"));
  EXPECT_THAT(result.faults, IsEmpty());
}

TEST(CsvDecoder, TakesCrLfByteOrderMarkAndBlankLines) {
  const auto result = decode(kText,
                             "\xEF\xBB\xBF"
                             "a,b\r\n\r\n1,2\r\n\n3,\"4\"\r",
                             csv());
  EXPECT_THAT(result.rows, ElementsAre("1, 2", "3, 4"));
}

TEST(CsvDecoder, ReadsEveryType) {
  EXPECT_EQ(read_one(field("x", Kind::kInt64), " 007 "), "7");
  EXPECT_EQ(read_one(field("x", Kind::kInt64), "+5"), "5");
  EXPECT_EQ(read_one(field("x", Kind::kFloat64), ".5"), "0.5");
  EXPECT_EQ(read_one(field("x", Kind::kFloat64), "-0.25e1"), "-2.5");
  EXPECT_EQ(read_one(field("x", Kind::kBool), "TRUE"), "true");
  EXPECT_EQ(read_one(field("x", Kind::kDuration), "500ms"), "500ms");
  EXPECT_EQ(read_one(field("x", Kind::kBytes), "aGk="), "hi");
  EXPECT_EQ(read_one(list_field("x", Kind::kInt64), "\"[1,null,3]\""), "[1, null, 3]");
  EXPECT_EQ(read_one(field("x", Kind::kTimestamp), "2012-01-01"), "2012-01-01T00:00:00Z");
}

TEST(CsvDecoder, ACellOfTheWrongTypeIsThatRecordsError) {
  EXPECT_EQ(read_one(field("x", Kind::kInt64), "1.5"), "wrong_type");
  EXPECT_EQ(read_one(field("x", Kind::kInt64), "+-5"), "wrong_type");
  EXPECT_EQ(read_one(field("x", Kind::kInt64), "5x"), "wrong_type");
  EXPECT_EQ(read_one(field("x", Kind::kInt64), "9223372036854775808"), "out_of_range");
  EXPECT_EQ(read_one(field("x", Kind::kFloat64), "1e400"), "out_of_range");
  EXPECT_EQ(read_one(field("x", Kind::kFloat64), "nan"), "wrong_type");
  EXPECT_EQ(read_one(field("x", Kind::kBool), "yes"), "wrong_type");
  EXPECT_EQ(read_one(field("x", Kind::kTimestamp), "1899-01-01"), "bad_timestamp");
  EXPECT_EQ(read_one(field("x", Kind::kBytes), "a"), "wrong_type");
  EXPECT_EQ(read_one(list_field("x", Kind::kInt64), "\"[1,\"\"a\"\"]\""), "wrong_type");
  EXPECT_EQ(read_one(list_field("x", Kind::kInt64), "[1"), "wrong_type");
  EXPECT_EQ(read_one(field("x", Kind::kInt64, false), ""), "null_field");
  EXPECT_EQ(read_one(field("x", Kind::kString), "\xFF"), "bad_utf8");
}

TEST(CsvDecoder, AWrongNumberOfCellsIsThatRecordsError) {
  const auto result = decode(kText, "a,b\n1\n1,2,3\n4,5\n", csv());
  EXPECT_THAT(result.rows, ElementsAre("4, 5"));
  ASSERT_THAT(result.codes(), ElementsAre("bad_csv", "bad_csv"));
  EXPECT_EQ(result.faults[1].message, "found 3 cells, expected 2 as in the header or schema");
}

TEST(CsvDecoder, ABadQuoteCostsOneLineAndNoOther) {
  const auto result = decode(kText, "a,b\n1,2\n\"x\"y,3\n4,5\n\"open,6\n7,8\n9,a \"quote\" inside\n", csv());
  EXPECT_THAT(result.rows, ElementsAre("1, 2", "4, 5", "7, 8", "9, a \"quote\" inside"));
  ASSERT_THAT(result.codes(), ElementsAre("bad_csv", "bad_csv"));
  EXPECT_EQ(result.faults[0].message,
            "found y behind the closing quote of cell 1, expected the delimiter or the end of the line");
  EXPECT_EQ(result.faults[1].raw, "\"open,6");
}

TEST(CsvDecoder, ARecordOverTheLimitIsRefused) {
  const std::string long_cell(base::kMaxLineBytes + 10, 'x');
  for (const std::size_t chunk : {std::size_t{300'000}, std::size_t{1} << 30}) {
    Reading reading = csv();
    reading.chunk = chunk;
    const auto plain = decode(kText, "a,b\n1,2\n" + long_cell + ",2\n3,4\n", reading);
    EXPECT_THAT(plain.rows, ElementsAre("1, 2", "3, 4"));
    EXPECT_THAT(plain.codes(), ElementsAre("line_too_long"));
    const auto open = decode(kText, "a,b\n\"" + std::string(200, '\n') + long_cell + "\n3,4\n", reading);
    EXPECT_EQ(open.rows.back(), "3, 4");
    EXPECT_EQ(open.faults[0].code, "line_too_long");
    EXPECT_EQ(open.faults[0].offset, 4);
  }
}

TEST(CsvDecoder, RefusesADelimiterThatIsNotOneByteOrThatValuesAreMadeOf) {
  for (const char* const bad : {"ab", "", "\"", "\n", "\r", "t", "Z", "0"}) {
    topology::Params params;
    params.set("delimiter", std::string(bad));
    const auto made = make_decoder("csv", kText, params);
    ASSERT_FALSE(made.has_value()) << bad;
    EXPECT_EQ(made.error().code, "csv_delimiter");
    EXPECT_FALSE(make_encoder("csv", kText, params).has_value()) << bad;
  }
}

}  // namespace
}  // namespace penstock::operators
