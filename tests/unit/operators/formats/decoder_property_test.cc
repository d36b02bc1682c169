/// What holds for every decoder: rows, offsets and faults do not depend on how the input comes in pieces, and no input
/// makes one read past its end (seen by the address sanitizer).
#include <gmock/gmock.h>

#include <random>

#include "tests/unit/operators/formats/decoded.h"

namespace penstock::operators {
namespace {

using record::Kind;

struct Sample {
  const char* format;
  record::Schema schema;
  std::string text;
};

const std::vector<Sample>& samples() {
  static const std::vector<Sample> all = {
      {"json",
       {{field("t", Kind::kTimestamp), field("n", Kind::kInt64), field("f", Kind::kFloat64), field("s", Kind::kString),
         field("b", Kind::kBool), list_field("l", Kind::kString)}},
       "\xEF\xBB\xBF{\"t\":\"2023-09-18T14:23:10Z\",\"n\":1,\"f\":1.25,\"s\":\"x\",\"b\":true,\"l\":[\"a\",null]}\r\n"
       "\n{\"n\":1.5}\n{\"s\":{\"k\":[1,{\"z\":\"}\"}]},\"unknown\":[[]]}\n{\"s\":\"\\u00e9\\\"\"}\nbad\n"
       "{\"s\":\"open}\n{\"s\":\"\xFF\"}\n{\"n\":12345678901234567890}\n  \n{\"n\":2}"},
      {"csv",
       {{field("a", Kind::kString), field("n", Kind::kInt64), field("f", Kind::kFloat64)}},
       "n,a,other,f\r\n1,\"two\nlines, "
       "\"\"quoted\"\"\",,2.5\n\n2,x,y\nq,r,s,1\n\"3\",\xC3\xA9,,\n4,\"bad\"x,,\n5,\xFF,,1\n"
       "6,last,\"\",7"},
      {"csv", {{field("a", Kind::kString)}}, "a\r\n\r\n\"\"\nx\n\r\n\n\xFF\nlast\r\n\r"},
      {"text", {{field("line", Kind::kString)}}, "one\r\n\ntwo \xC3\xA9\n\xFFthree\nfour"},
      {"raw", {{field("bytes", Kind::kBytes)}}, "one\r\n\ntwo \xC3\xA9\n\xFFthree\nfour"},
  };
  return all;
}

TEST(EveryDecoder, GivesTheSameWhateverTheChunksAndRuns) {
  for (const Sample& sample : samples()) {
    Reading reading;
    reading.format = sample.format;
    const Decoded whole = decode(sample.schema, sample.text, reading);
    ASSERT_GE(whole.rows.size(), 3u) << sample.format;
    for (reading.chunk = 1; reading.chunk <= sample.text.size(); ++reading.chunk) {
      for (const std::uint32_t max_rows : {1u, 2u, 1000u}) {
        reading.max_rows = max_rows;
        const Decoded pieces = decode(sample.schema, sample.text, reading);
        ASSERT_EQ(pieces.rows, whole.rows) << sample.format << " chunk " << reading.chunk;
        ASSERT_EQ(pieces.offsets, whole.offsets) << sample.format << " chunk " << reading.chunk;
        ASSERT_EQ(pieces.faults, whole.faults) << sample.format << " chunk " << reading.chunk;
      }
    }
  }
}

TEST(EveryDecoder, SurvivesAnyMutationOfItsInput) {
  constexpr std::string_view kSpice = "{}[]:,\"\\\n\r\0 \t0-.e+u\xFF\xC3\x0c;";
  std::mt19937_64 random(7);
  for (const Sample& sample : samples()) {
    for (int round = 0; round < 4000; ++round) {
      std::string text = sample.text;
      for (int edits = static_cast<int>(random() % 6); edits >= 0; --edits) {
        const std::size_t at = random() % text.size();
        switch (random() % 4) {
          case 0:
            text[at] = kSpice[random() % kSpice.size()];
            break;
          case 1:
            text.erase(at, random() % 9);
            break;
          case 2:
            text.insert(at, 1, kSpice[random() % kSpice.size()]);
            break;
          default:
            text += text.substr(at, random() % 40);
            break;
        }
        if (text.empty()) text = "\n";
      }
      Reading whole;
      whole.format = sample.format;
      Reading pieces = whole;
      pieces.chunk = 1 + random() % 50;
      pieces.max_rows = 1 + static_cast<std::uint32_t>(random() % 3);
      const Decoded one = decode(sample.schema, text, whole);
      const Decoded other = decode(sample.schema, text, pieces);
      ASSERT_EQ(one.rows, other.rows) << sample.format << ": " << text;
      ASSERT_EQ(one.faults, other.faults) << sample.format << ": " << text;
    }
  }
}

}  // namespace
}  // namespace penstock::operators
