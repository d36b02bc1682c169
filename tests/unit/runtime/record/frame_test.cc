#include "runtime/record/frame.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <thread>

#include "runtime/base/crc32c.h"

namespace penstock::record {
namespace {

std::vector<std::byte> message(const FrameHeader& header, std::string_view payload) {
  const std::span bytes(reinterpret_cast<const std::byte*>(payload.data()), payload.size());
  const HeaderBytes head = encode_header(header, bytes);
  std::vector<std::byte> all(head.size() + bytes.size());
  std::copy(head.begin(), head.end(), all.begin());
  std::copy(bytes.begin(), bytes.end(), all.begin() + static_cast<std::ptrdiff_t>(head.size()));
  return all;
}

FrameHeader sample() {
  FrameHeader header;
  header.kind = FrameKind::kData;
  header.job = 0x01020304;
  header.attempt = 5;
  header.channel = 6;
  header.sequence = 0x0a0b0c0d0e0f1011;
  header.rows = 2;
  header.payload_bytes = 4;
  header.value = -2;
  return header;
}

TEST(Frame, HeaderBytesAreAsWireMdSays) {
  const auto bytes = message(sample(), "rows");
  std::string hex;
  for (const std::byte byte : bytes) {
    char text[3];
    std::snprintf(text, sizeof text, "%02x", static_cast<unsigned>(byte));
    hex += text;
  }
  EXPECT_EQ(hex.substr(0, 88),
            "01010000"
            "04000000"
            "11100f0e0d0c0b0a"
            "04030201"
            "05000000"
            "06000000"
            "02000000"
            "feffffffffffffff"
            "00000000");
}

TEST(Frame, HeaderSurvivesTheTrip) {
  FrameHeader back;
  ASSERT_FALSE(decode_header(message(sample(), "rows"), back).has_value());
  EXPECT_EQ(back.sequence, sample().sequence);
  EXPECT_EQ(back.value, -2);
  EXPECT_EQ(back.rows, 2u);
  EXPECT_EQ(back.channel, 6u);
}

TEST(Frame, EveryFlippedBitIsDetected) {
  const auto good = message(sample(), "rows");
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    auto bad = good;
    bad[bit / 8] ^= static_cast<std::byte>(1u << (bit % 8));
    FrameHeader back;
    EXPECT_TRUE(decode_header(bad, back).has_value()) << "bit " << bit;
  }
}

TEST(Frame, EveryTruncationIsDetected) {
  const auto good = message(sample(), "rows");
  for (std::size_t size = 0; size < good.size(); ++size) {
    FrameHeader back;
    EXPECT_TRUE(decode_header(std::span(good).first(size), back).has_value());
  }
}

TEST(Crc32c, AgreesWithTheKnownAnswerAndWithItself) {
  EXPECT_EQ(base::crc32c("123456789", 9), 0xe3069283u);  // RFC 3720, appendix B.4 style check value.
  std::string text;
  for (int size = 0; size < 200; ++size) {
    EXPECT_EQ(base::crc32c(text.data(), text.size()), base::crc32c_portable(text.data(), text.size()));
    EXPECT_EQ(base::crc32c(text.data() + size / 3, static_cast<std::size_t>(size - size / 3),
                           base::crc32c(text.data(), static_cast<std::size_t>(size / 3))),
              base::crc32c(text.data(), text.size()));
    text += static_cast<char>(size * 7);
  }
  for (; text.size() < 20'000; text.append(997, static_cast<char>(text.size())))
    EXPECT_EQ(base::crc32c(text.data(), text.size()), base::crc32c_portable(text.data(), text.size())) << text.size();
}

TEST(FramePool, ReusesFramesThatOtherThreadsGaveBack) {
  FramePool pool;
  for (int round = 0; round < 1000; ++round) {
    std::vector<Frame*> frames;
    for (int i = 0; i < 8; ++i) frames.push_back(pool.take(1024));
    std::thread a([&] {
      for (int i = 0; i < 4; ++i) FramePool::give_back(frames[static_cast<std::size_t>(i)]);
    });
    std::thread b([&] {
      for (int i = 4; i < 8; ++i) FramePool::give_back(frames[static_cast<std::size_t>(i)]);
    });
    a.join();
    b.join();
  }
  EXPECT_EQ(pool.made(), 16u);  // One block.
}

}  // namespace
}  // namespace penstock::record
