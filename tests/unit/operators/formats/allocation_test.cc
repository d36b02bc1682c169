/// Steady state allocates nothing per record.
#include "tests/support/allocation_counter.h"
#include "tests/unit/operators/formats/decoded.h"

namespace penstock::operators {
namespace {

using record::Kind;

struct NoFaults : api::DecodeFaults {
  void failed(std::int64_t, std::string_view, std::string_view, std::string_view) override { ++count; }
  int count = 0;
};

std::uint64_t allocations_of_second_half(const std::string& format, const record::Schema& schema,
                                         const std::string& header, const std::string& line) {
  auto decoder = make_decoder(format, schema, {});
  EXPECT_TRUE(decoder.has_value());
  std::string text = header;
  for (int i = 0; i < 500; ++i) text += line;
  const std::size_t size = text.size();
  text.resize(size + 64);
  std::string_view left(text.data(), size);
  record::RowsBuffer out(schema);
  std::vector<std::int64_t> offsets;
  NoFaults faults;
  std::uint64_t before = 0;
  for (int round = 0; round < 20; ++round) {
    if (round == 10) before = support::allocations.load();
    out.clear();
    offsets.clear();
    const auto offset = static_cast<std::int64_t>(size - left.size());
    const auto progress = (*decoder)->decode(left, offset, false, 25, out, offsets, faults);
    EXPECT_EQ(progress.rows, 25u);
    left.remove_prefix(progress.consumed);
  }
  EXPECT_EQ(faults.count, 0);
  return support::allocations.load() - before;
}

const record::Schema kLists{{list_field("a_name_that_does_not_fit_into_a_short_string", Kind::kInt64),
                             list_field("another_name_that_does_not_fit_into_one", Kind::kString)}};

/// The name of each list was copied for each of its cells.
TEST(Allocations, AreNoneInListsOfJson) {
  EXPECT_EQ(allocations_of_second_half("json", kLists, "",
                                       "{\"a_name_that_does_not_fit_into_a_short_string\":[1,2,3],"
                                       "\"another_name_that_does_not_fit_into_one\":[\"x\",null]}\n"),
            0u);
}

TEST(Allocations, AreNoneInListsOfCsv) {
  EXPECT_EQ(allocations_of_second_half("csv", kLists, kLists[0].name + "," + kLists[1].name + "\n", "\"[1,2,3]\",[]\n"),
            0u);
}

}  // namespace
}  // namespace penstock::operators
