#include "runtime/record/row_codec.h"

#include <gtest/gtest.h>

#include <random>

#include "runtime/record/row_head.h"
#include "tests/support/row_text.h"

namespace penstock::record {
namespace {

Schema every_type() {
  return {{{"b", {Kind::kBool}, true},
           {"i", {Kind::kInt64}, true},
           {"f", {Kind::kFloat64}, true},
           {"s", {Kind::kString}, true},
           {"t", {Kind::kTimestamp}, true},
           {"l", {Kind::kList, Kind::kString}, true},
           {"n", {Kind::kList, Kind::kInt64}, true}}};
}

std::vector<std::byte> encode(RowWriter& writer, const Rows& rows, const std::uint64_t* hashes = nullptr) {
  const auto sizes = writer.measure(rows);
  std::size_t total = 0;
  for (const auto size : sizes) total += size;
  std::vector<std::byte> bytes(total);
  std::vector<std::byte*> places;
  std::size_t at = 0;
  for (const auto size : sizes) {
    places.push_back(bytes.data() + at);
    at += size;
  }
  writer.write(rows, places.data(), hashes);
  return bytes;
}

std::string hex(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte byte : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    text += kDigits[static_cast<unsigned>(byte) >> 4];
    text += kDigits[static_cast<unsigned>(byte) & 15];
  }
  return text;
}

void fill_random(RowsBuffer& buffer, std::mt19937_64& random, std::uint32_t count) {
  const auto coin = [&](unsigned sides) { return random() % sides == 0; };
  const auto text = [&] {
    return buffer.arena().copy(std::string(random() % 20, static_cast<char>('a' + random() % 26)));
  };
  for (std::uint32_t row = 0; row < count; ++row) {
    coin(4) ? buffer[0].append_null() : buffer[0].append_bool(coin(2));
    coin(4) ? buffer[1].append_null() : buffer[1].append_int(static_cast<std::int64_t>(random()));
    coin(4) ? buffer[2].append_null() : buffer[2].append_float(static_cast<double>(random()) / 3);
    coin(4) ? buffer[3].append_null() : buffer[3].append_text(text());
    coin(4) ? buffer[4].append_null() : buffer[4].append_int(static_cast<std::int64_t>(random() % 1'000'000));
    for (int list = 5; list <= 6; ++list) {
      if (coin(4)) {
        buffer[list].append_null();
        continue;
      }
      const auto length = static_cast<std::uint32_t>(random() % 4);
      for (std::uint32_t i = 0; i < length; ++i) {
        if (coin(5))
          buffer[list].child().append_null();
        else if (list == 5)
          buffer[list].child().append_text(text());
        else
          buffer[list].child().append_int(static_cast<std::int64_t>(random()));
      }
      buffer[list].append_list(length);
    }
    const auto time = static_cast<base::Micros>(random() % 1'000'000'000'000);
    buffer.time().push_back(time);
    const base::Micros far = coin(2) ? base::Micros{1} << 50 : 1000;
    buffer.watermark().push_back(coin(5) ? base::kNoTime : time - far);
    buffer.change().push_back(static_cast<Change>(random() % 4));
  }
}

TEST(RowCodec, GivesBackWhatWasWrittenForEveryTypeNullSelectionAndLag) {
  const Schema schema = every_type();
  RowLayout layout{&schema, true, true};
  RowWriter writer(layout);
  RowReader reader(layout);
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    std::mt19937_64 random(seed);
    RowsBuffer buffer(schema);
    const auto count = static_cast<std::uint32_t>(1 + random() % 40);
    fill_random(buffer, random, count);
    Rows rows = buffer.rows();
    std::vector<std::uint32_t> selection;
    for (std::uint32_t cell = 0; cell < count; ++cell)
      if (random() % 3 != 0) selection.push_back(cell);
    if (random() % 2 == 0) {
      rows.selection = selection.data();
      rows.count = static_cast<std::uint32_t>(selection.size());
    }
    std::vector<std::uint64_t> hashes(rows.count);
    for (auto& hash : hashes) hash = random();
    const auto bytes = encode(writer, rows, hashes.data());
    ASSERT_TRUE(reader.read(bytes, rows.count)) << "seed " << seed;
    const Rows& back = reader.rows();
    ASSERT_EQ(back.count, rows.count);
    for (std::uint32_t row = 0; row < rows.count; ++row) {
      EXPECT_EQ(support::row_text(back, row), support::row_text(rows, row)) << "seed " << seed;
      EXPECT_EQ(back.time[row], rows.time[rows.cell(row)]);
      EXPECT_EQ(back.watermark[row], rows.watermark[rows.cell(row)]);
      EXPECT_EQ(back.key_hash[row], hashes[row]);
      const Change change = back.change != nullptr ? back.change[row] : Change::kInsert;
      EXPECT_EQ(change, rows.change[rows.cell(row)]);
    }
  }
}

/// Rows of one length take a shorter way through writer and reader; a run with a null, a far watermark or a change
/// among them must not.
TEST(RowCodec, GivesBackRowsOfOneLengthWithAndWithoutAnExceptionAmongThem) {
  const Schema schema{{{"i", {Kind::kInt64}, true}, {"b", {Kind::kBool}, true}, {"f", {Kind::kFloat64}, true}}};
  const RowLayout layout{&schema, true, true};
  RowWriter writer(layout);
  RowReader reader(layout);
  for (std::uint64_t seed = 0; seed < 600; ++seed) {
    std::mt19937_64 random(seed);
    const auto exception = random() % 4;  // 0: none, 1: a null, 2: a far watermark, 3: a change.
    const auto count = static_cast<std::uint32_t>(1 + random() % 50);
    const auto odd = static_cast<std::uint32_t>(random() % count);
    RowsBuffer buffer(schema);
    for (std::uint32_t row = 0; row < count; ++row) {
      exception == 1 && row == odd ? buffer[0].append_null()
                                   : buffer[0].append_int(static_cast<std::int64_t>(random()));
      buffer[1].append_bool(random() % 2 == 0);
      buffer[2].append_float(static_cast<double>(random()));
      const auto time = static_cast<base::Micros>(random() % 1'000'000'000'000);
      buffer.time().push_back(time);
      const base::Micros lag = exception == 2 && row == odd ? base::Micros{1} << 50 : 500;
      buffer.watermark().push_back(random() % 9 == 0 ? base::kNoTime : time - lag);
      if (exception == 3) buffer.change().push_back(row == odd ? Change::kRetract : Change::kInsert);
    }
    const Rows rows = buffer.rows();
    std::vector<std::uint64_t> hashes(count);
    for (auto& hash : hashes) hash = random();
    const auto bytes = encode(writer, rows, hashes.data());
    if (exception == 0 || exception == 3) {
      EXPECT_EQ(bytes.size(), count * layout.fixed_bytes());
    }
    ASSERT_TRUE(reader.read(bytes, count)) << "seed " << seed;
    const Rows& back = reader.rows();
    for (std::uint32_t row = 0; row < count; ++row) {
      ASSERT_EQ(support::row_text(back, row), support::row_text(rows, row)) << "seed " << seed;
      ASSERT_EQ(back.time[row], rows.time[row]);
      ASSERT_EQ(back.watermark[row], rows.watermark[row]) << "seed " << seed;
      ASSERT_EQ(back.key_hash[row], hashes[row]);
      const Change change = back.change != nullptr ? back.change[row] : Change::kInsert;
      ASSERT_EQ(change, rows.change != nullptr ? rows.change[row] : Change::kInsert);
    }
  }
}

TEST(RowCodec, BytesOfAKeyedEventTimeRowAreAsWireMdSays) {
  const Schema schema{{{"n", {Kind::kInt64}, true}, {"s", {Kind::kString}, true}}};
  RowsBuffer buffer(schema);
  buffer[0].append_int(5);
  buffer[1].append_text("abc");
  buffer.time().push_back(1000);
  buffer.watermark().push_back(990);
  RowWriter writer({&schema, true, true});
  const std::uint64_t hash = 0x1122334455667788;
  EXPECT_EQ(hex(encode(writer, buffer.rows(), &hash)),
            "30000000"
            "0a000000"
            "e803000000000000"
            "8877665544332211"  // head, lag, time, hash
            "0500000000000000"
            "2800000003000000"  // n, s at 40 of length 3
            "6162630000000000");
}

TEST(RowCodec, BytesOfANullAndAFullWatermarkEndTheRow) {
  const Schema schema{{{"n", {Kind::kInt64}, true}}};
  RowsBuffer buffer(schema);
  buffer[0].append_null();
  buffer.time().push_back(std::int64_t{1} << 40);
  buffer.watermark().push_back(1);
  RowWriter writer({&schema, true, false});
  EXPECT_EQ(hex(encode(writer, buffer.rows())),
            "28000030"
            "00000000"
            "0000000000010000"
            "0000000000000000"
            "0000000000000001"
            "0100000000000000");
}

TEST(RowCodec, OverheadOfAKeyedEventTimeRowIs24Bytes) {
  const Schema schema{{{"a", {Kind::kInt64}, true}, {"b", {Kind::kInt64}, true}}};
  EXPECT_EQ((RowLayout{&schema, true, true}.fixed_bytes()), 2 * 8 + 24u);
}

TEST(RowCodec, DamagedBytesAreRefusedOrReadWithinBounds) {
  const Schema schema = every_type();
  RowLayout layout{&schema, true, true};
  RowWriter writer(layout);
  RowReader reader(layout);
  int refused = 0;
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    std::mt19937_64 random(seed);
    RowsBuffer buffer(schema);
    fill_random(buffer, random, 5);
    const std::vector<std::uint64_t> hashes(5, 7);
    auto bytes = encode(writer, buffer.rows(), hashes.data());
    for (int flips = 0; flips < 3; ++flips)
      bytes[random() % bytes.size()] ^= static_cast<std::byte>(1u << random() % 8);
    // An exact copy on the heap, so that AddressSanitizer sees any read behind it.
    const std::vector<std::byte> exact(bytes.begin(), bytes.end());
    if (!reader.read(exact, 5)) {
      ++refused;
      continue;
    }
    for (std::uint32_t row = 0; row < 5; ++row) support::row_text(reader.rows(), row);
  }
  EXPECT_GT(refused, 100);
}

}  // namespace
}  // namespace penstock::record
