#include <gmock/gmock.h>

#include "tests/unit/operators/formats/decoded.h"

namespace penstock::operators {
namespace {

using record::Kind;
using ::testing::ElementsAre;

const record::Schema kLine{{field("line", Kind::kString)}};
const record::Schema kBytes{{field("bytes", Kind::kBytes)}};

Reading of(std::string format) {
  Reading reading;
  reading.format = std::move(format);
  return reading;
}

TEST(TextDecoder, ALineIsARowEvenAnEmptyOne) {
  const auto result = decode(kLine, "one\r\n\ntwo \xC3\xA9\nlast", of("text"));
  EXPECT_THAT(result.rows, ElementsAre("one", "", "two \u00e9", "last"));
  EXPECT_THAT(result.offsets, ElementsAre(0, 5, 6, 13));
}

TEST(TextDecoder, BadUtf8IsThatLinesError) {
  const auto result = decode(kLine, "a\n\xFF\nb\n", of("text"));
  EXPECT_THAT(result.rows, ElementsAre("a", "b"));
  EXPECT_THAT(result.codes(), ElementsAre("bad_utf8"));
  EXPECT_EQ(result.faults[0].offset, 2);
}

TEST(TextDecoder, ALineOverTheLimitIsThatLinesError) {
  const auto result = decode(kLine, "a\n" + std::string(base::kMaxLineBytes + 1, 'x') + "\nb\n", of("text"));
  EXPECT_THAT(result.rows, ElementsAre("a", "b"));
  EXPECT_THAT(result.codes(), ElementsAre("line_too_long"));
}

TEST(RawDecoder, TakesAnyBytes) {
  const auto result = decode(kBytes, std::string_view("\xFF\x00z\nb", 5), of("raw"));
  ASSERT_EQ(result.rows.size(), 2u);
  EXPECT_EQ(result.rows[0], std::string("\xFF\x00z", 3));
}

TEST(Formats, RefuseASchemaTheyCannotFill) {
  EXPECT_EQ(make_decoder("text", kBytes, {}).error().code, "format_schema");
  EXPECT_EQ(make_decoder("avro", kBytes, {}).error().code, "unknown_format");
  const record::Schema numbers{{field("a", Kind::kInt64), field("b", Kind::kInt64)}};
  EXPECT_EQ(make_encoder("text", numbers, {}).error().code, "format_schema");
}

}  // namespace
}  // namespace penstock::operators
