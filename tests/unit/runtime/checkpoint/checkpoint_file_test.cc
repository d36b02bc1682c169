#include "runtime/checkpoint/checkpoint_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace penstock::checkpoint {
namespace {

using namespace std::string_literals;

/// proto/CHECKPOINT.md: magic, version 1, CRC-32C of the payload (0xe3069283 for these digits), length.
const std::string kGolden =
    "PENSTCKP"
    "\x01\x00\x00\x00"
    "\x83\x92\x06\xe3"
    "\x09\x00\x00\x00\x00\x00\x00\x00"
    "123456789"s;

std::string refusal_of(const std::string& bytes) {
  const auto payload = unframe(bytes, "file");
  return payload ? "none" : payload.error().code;
}

TEST(CheckpointFile, FramesAPayloadInTheseBytes) { EXPECT_EQ(frame("123456789"), kGolden); }

TEST(CheckpointFile, ReadsTheseBytes) { EXPECT_EQ(unframe(kGolden, "file"), "123456789"); }

TEST(CheckpointFile, RefusesEveryCutAndEveryChangedBit) {
  for (std::size_t size = 0; size < kGolden.size(); ++size)
    EXPECT_EQ(refusal_of(kGolden.substr(0, size)), "checkpoint_damaged") << size;
  EXPECT_EQ(refusal_of(kGolden + "0"), "checkpoint_damaged");
  for (std::size_t bit = 0; bit < kGolden.size() * 8; ++bit) {
    std::string changed = kGolden;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    const bool of_version = bit / 8 >= 8 && bit / 8 < 12;
    EXPECT_EQ(refusal_of(changed), of_version ? "checkpoint_version" : "checkpoint_damaged") << bit;
  }
}

TEST(CheckpointFile, IsNeverWrittenOverWhatCouldNotBeSynced) {
  const auto folder = std::filesystem::path(testing::TempDir()) / ("checkpoint_file." + std::to_string(getpid()));
  ASSERT_TRUE(make_directory_durably(folder.string()));
  const std::string path = (folder / "token").string();
  std::ofstream(path + ".tmp") << "left behind";
  std::filesystem::create_hard_link(path + ".tmp", folder / "same file");
  ASSERT_TRUE(write_file_durably(path, "new"));
  EXPECT_EQ(read_file((folder / "same file").string()), "left behind");
  EXPECT_EQ(read_file(path), "new");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace penstock::checkpoint
