/// Files of saved state that were cut, flipped, swapped or lost: found out when they are opened or read, or harmless;
/// never another state.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "tests/unit/runtime/state/counts.h"
#include "tests/unit/runtime/state/saved_world.h"

namespace penstock::state {
namespace {

using record::Kind;

std::string content_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

/// State of one task: 300 numbers and how often each was counted, saved over several checkpoints.
class DamagedState : public testing::Test {
 protected:
  static constexpr std::int64_t kKeys = 300;
  void SetUp() override {
    TaskStateOptions options{{}, files_.path("tier")};
    auto state = make_task_state(std::move(options));
    ASSERT_TRUE(state->open());
    auto table = counts_of(*state);
    for (std::int64_t round = 1; round <= 4; ++round) {
      for (std::int64_t key = 0; key < kKeys; key += round) entry(*table, key) = key * 10 + round;
      state->flip();
      saved_.directory = files_.made("image-" + std::to_string(round));
      auto files = state->persist(state->take(), saved_.directory);
      ASSERT_TRUE(files);
      saved_.files = *files;
    }
    for (std::int64_t key = 0; key < kKeys; ++key) wanted_[key] = entry(*table, key);
  }
  static bool owns(GroupRange groups, std::int64_t key) {
    record::Column column{{Kind::kInt64}, &key, nullptr, nullptr};
    record::Rows rows;
    rows.columns = {&column, 1};
    rows.count = 1;
    const int field = 0;
    std::uint64_t hash = 0;
    record::hash_keys(rows, {&field, 1}, &hash);
    return record::key_group(hash) >= groups.first && record::key_group(hash) < groups.last;
  }
  /// "": as it was. Else the code of the error, at opening or while keys are read.
  std::string restored(GroupRange groups = {}) {
    const std::string tier = files_.path("restored-" + std::to_string(++tries_));
    TaskStateOptions options{groups, tier, {saved_}};
    std::string outcome;
    {
      auto state = make_task_state(std::move(options));
      if (const auto opened = state->open(); !opened) return opened.error().code;
      auto table = counts_of(*state);
      for (std::int64_t key = 0; key < kKeys && state->fault() == nullptr; key += 7)
        if (owns(groups, key) && entry(*table, key) != wanted_[key]) outcome = "wrong value";
      table->size();
      if (state->fault() != nullptr) return state->fault()->code;
    }
    std::filesystem::remove_all(tier);
    return outcome;
  }

  support::ScratchDirectory files_;
  FormerState saved_;
  std::map<std::int64_t, std::int64_t> wanted_;
  int tries_ = 0;
};

TEST_F(DamagedState, IsAsItWasWhenNothingHappenedToIt) { EXPECT_EQ(restored(), ""); }

TEST_F(DamagedState, IsRefusedWhenAFileIsMissingOrCut) {
  for (const SavedFile& file : saved_.files) {
    const std::string path = saved_.directory + "/" + file.name, bytes = content_of(path);
    std::filesystem::remove(path);
    EXPECT_EQ(restored(), "state_damaged") << "without " << file.name;
    write(path, bytes.substr(0, bytes.size() / 2));
    EXPECT_EQ(restored(), "state_damaged") << "half of " << file.name;
    write(path, bytes);
  }
  EXPECT_EQ(restored(), "");
}

TEST_F(DamagedState, IsFoundOutOrHarmlessWhenABitIsFlipped) {
  std::mt19937_64 random(1);
  int found_out = 0;
  for (int i = 0; i < 600; ++i) {
    const SavedFile& file = saved_.files[random() % saved_.files.size()];
    const std::string path = saved_.directory + "/" + file.name, bytes = content_of(path);
    std::string changed = bytes;
    const std::size_t bit = random() % (bytes.size() * 8);
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    std::filesystem::remove(path);  // A file of its own: others are links to the same one.
    write(path, changed);
    const std::string outcome = restored(i % 2 == 0 ? GroupRange{} : GroupRange{0, 700});
    EXPECT_TRUE(outcome.empty() || outcome.starts_with("state_")) << outcome << " " << file.name << " bit " << bit;
    found_out += outcome.starts_with("state_");
    std::filesystem::remove(path);
    write(path, bytes);
  }
  EXPECT_GT(found_out, 250) << "most bits matter";
}

TEST_F(DamagedState, IsFoundOutWhenAFileIsAnothersOfTheSameSize) {
  std::vector<std::string> fixed;
  for (const SavedFile& file : saved_.files)
    if (file.name.ends_with(".sst")) fixed.push_back(saved_.directory + "/" + file.name);
  ASSERT_GT(fixed.size(), 1u);
  std::string other = content_of(fixed[1]);
  for (SavedFile& file : saved_.files)
    if (saved_.directory + "/" + file.name == fixed[0]) file.bytes = other.size();
  std::filesystem::remove(fixed[0]);
  write(fixed[0], other);
  EXPECT_TRUE(restored().starts_with("state_"));
}

}  // namespace
}  // namespace penstock::state
