#include "runtime/record/sized_frames.h"

#include <gtest/gtest.h>

namespace penstock::record {
namespace {

TEST(SizedFrames, HoldAsMuchAsIsChargedForThem) {
  SizedFrames frames;
  for (const std::size_t bytes :
       {0UL, 1UL, 255UL, 256UL, 257UL, 5'000UL, 16'384UL, 16'385UL, 32'768UL, 32'769UL, 300'000UL}) {
    Frame* frame = frames.take(bytes);
    EXPECT_GE(frame->payload.size(), bytes);
    EXPECT_EQ(frame->payload.size(), held_bytes(bytes)) << bytes;
    FramePool::give_back(frame);
  }
}

TEST(SizedFrames, AreAtMostTwiceAsLargeAsWhatIsInThem) {
  for (std::size_t bytes = kLeastFrameBytes / 2; bytes < 100'000; bytes += 37) {
    EXPECT_GE(held_bytes(bytes), bytes);
    EXPECT_LE(held_bytes(bytes), 2 * bytes);
  }
}

TEST(SizedFrames, DoNotKeepABufferThatIsLargerThanTheirPiece) {
  SizedFrames frames;
  FramePool::give_back(frames.take(100'000));
  std::vector<Frame*> taken;
  for (int i = 0; i < 64; ++i) {
    taken.push_back(frames.take(20'000));
    EXPECT_EQ(taken.back()->payload.size(), base::kFramePayloadBytes);
  }
  for (Frame* frame : taken) FramePool::give_back(frame);
}

}  // namespace
}  // namespace penstock::record
