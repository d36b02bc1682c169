#include "runtime/record/key_hash.h"

#include <gtest/gtest.h>
#include <xxhash.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "runtime/record/column_buffer.h"

namespace penstock::record {
namespace {

std::uint64_t hash_of(RowsBuffer& buffer, std::vector<int> keys) {
  std::uint64_t hash = 0;
  hash_keys(buffer.rows(), keys, &hash);
  return hash;
}

TEST(KeyHash, IsXxh3OfANumbersBytes) {
  const Schema schema{{{"a", {Kind::kInt64}}}};
  for (const std::int64_t value : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1} << 40, std::int64_t{77}}) {
    RowsBuffer buffer(schema);
    buffer[0].append_int(value);
    EXPECT_EQ(hash_of(buffer, {0}), XXH3_64bits(&value, sizeof value));
  }
}

TEST(KeyHash, OfARunOfNumbersIsThatOfEach) {
  const Schema schema{{{"a", {Kind::kInt64}}}};
  RowsBuffer buffer(schema);
  std::vector<std::int64_t> values;
  for (std::uint64_t i = 0; i < 1001; ++i) values.push_back(static_cast<std::int64_t>(i * i * 0x9E3779B97F4A7C15));
  for (const std::int64_t value : values) buffer[0].append_int(value);
  std::vector<std::uint64_t> hashes(values.size());
  const int key = 0;
  hash_keys(buffer.rows(), std::span(&key, 1), hashes.data());
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_EQ(hashes[i], XXH3_64bits(&values[i], sizeof values[i]));
}

TEST(KeyHash, IsXxh3OfATextOfAnyLength) {
  const Schema schema{{{"a", {Kind::kString}}}};
  for (std::size_t size = 0; size < 300; ++size) {
    const std::string text(size, 'k');
    RowsBuffer buffer(schema);
    buffer[0].append_text(text);
    EXPECT_EQ(hash_of(buffer, {0}), XXH3_64bits(text.data(), size));
  }
}

TEST(KeyHash, GoesOnFromFieldToFieldWithTheHashAsSeed) {
  const Schema schema{{{"a", {Kind::kInt64}}, {"b", {Kind::kString}}}};
  RowsBuffer buffer(schema);
  buffer[0].append_int(5);
  buffer[1].append_text("xyz");
  const std::int64_t five = 5;
  EXPECT_EQ(hash_of(buffer, {0, 1}), XXH3_64bits_withSeed("xyz", 3, XXH3_64bits(&five, sizeof five)));
  EXPECT_NE(hash_of(buffer, {0, 1}), hash_of(buffer, {1, 0}));
}

TEST(KeyHash, IsOneForBothZerosAndForAllNans) {
  EXPECT_EQ(canonical_bits(0.0), canonical_bits(-0.0));
  EXPECT_EQ(canonical_bits(__builtin_nan("1")), canonical_bits(-__builtin_nan("2")));
  EXPECT_NE(canonical_bits(1.0), canonical_bits(-1.0));
}

}  // namespace
}  // namespace penstock::record
