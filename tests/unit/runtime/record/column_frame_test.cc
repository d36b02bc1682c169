#include "runtime/record/column_frame.h"

#include <gtest/gtest.h>

#include <random>

#include "runtime/base/limits.h"
#include "tests/support/row_text.h"

namespace penstock::record {
namespace {

Schema fixed_schema() {
  return {{{"i", {Kind::kInt64}, true}, {"f", {Kind::kFloat64}, true}, {"t", {Kind::kTimestamp}, true}}};
}

TEST(ColumnFrames, LendWhatWasWrittenInSeveralPieces) {
  const Schema schema = fixed_schema();
  ColumnFrames frames({&schema, true, true});
  ASSERT_TRUE(frames.suits());
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    std::mt19937_64 random(seed);
    std::vector<std::int64_t> memory(frames.payload_bytes() / 8);
    auto* payload = reinterpret_cast<std::byte*>(memory.data());
    std::vector<std::string> expected;
    std::vector<std::int64_t> times, watermarks, all_hashes;
    std::uint32_t first = 0;
    for (int piece = 0; piece < 3 && first < base::kFrameRows; ++piece) {
      RowsBuffer buffer(schema);
      const auto count = static_cast<std::uint32_t>(1 + random() % 40);
      std::vector<std::uint64_t> hashes(count);
      for (std::uint32_t row = 0; row < count; ++row) {
        buffer[0].append_int(static_cast<std::int64_t>(random()));
        buffer[1].append_float(static_cast<double>(random() % 1000) / 8);
        buffer[2].append_int(static_cast<std::int64_t>(random() % 1'000'000));
        buffer.time().push_back(static_cast<base::Micros>(random() % 1000));
        buffer.watermark().push_back(static_cast<base::Micros>(random() % 1000));
        hashes[row] = random();
      }
      const Rows rows = buffer.rows();
      ASSERT_TRUE(frames.takes(rows));
      std::vector<std::uint32_t> chosen;
      for (std::uint32_t row = 0; row < count && first + chosen.size() < base::kFrameRows; ++row)
        if (random() % 2 == 0) chosen.push_back(row);
      frames.write(rows, chosen, chosen.data(), hashes.data(), payload, first);
      for (const std::uint32_t row : chosen) {
        expected.push_back(support::row_text(rows, row));
        times.push_back(rows.time[row]);
        watermarks.push_back(rows.watermark[row]);
        all_hashes.push_back(static_cast<std::int64_t>(hashes[row]));
      }
      first += static_cast<std::uint32_t>(chosen.size());
    }
    const Rows& back = frames.lend(payload, first, seed % 2 == 0);
    ASSERT_EQ(back.count, expected.size());
    EXPECT_EQ(back.may_be_late, seed % 2 == 0);
    for (std::uint32_t row = 0; row < first; ++row) {
      EXPECT_EQ(support::row_text(back, row), expected[row]) << "seed " << seed;
      EXPECT_EQ(back.time[row], times[row]);
      EXPECT_EQ(back.watermark[row], watermarks[row]);
      EXPECT_EQ(static_cast<std::int64_t>(back.key_hash[row]), all_hashes[row]);
    }
  }
}

TEST(ColumnFrames, LeaveTextNullsUpdatesAndWideRowsToTheRowCodec) {
  const Schema text{{{"s", {Kind::kString}, true}}};
  EXPECT_FALSE(ColumnFrames({&text, false, false}).suits());
  Schema wide;
  for (int field = 0; field < 2000; ++field) wide.fields.push_back({"f" + std::to_string(field), {Kind::kInt64}, true});
  EXPECT_EQ(ColumnFrames({&wide, false, false}).suits(), base::kContrary);
  const Schema schema{{{"i", {Kind::kInt64}, true}}};
  const ColumnFrames frames({&schema, false, false});
  RowsBuffer nulls(schema);
  nulls[0].append_null();
  EXPECT_FALSE(frames.takes(nulls.rows()));
  RowsBuffer updates(schema);
  updates[0].append_int(1);
  updates.change().push_back(Change::kUpdate);
  EXPECT_FALSE(frames.takes(updates.rows()));
}

}  // namespace
}  // namespace penstock::record
