#include <gtest/gtest.h>

#include <deque>
#include <ostream>

#include "tests/unit/runtime/state/saved_world.h"

namespace penstock::state {
namespace {

using record::Kind;

struct Case {
  std::vector<record::Type> types;
  bool own_memory;
};

/// For the name of the test, which must be the same in every run.
void PrintTo(const Case& of, std::ostream* out) {
  *out << of.types.size() << (of.own_memory ? " with memory" : " plain");
  for (const auto& type : of.types) *out << " " << record::to_string(type.kind);
}

class SavedStateOf : public testing::TestWithParam<Case> {};

TEST_P(SavedStateOf, IsThatOfTheCutWhateverHappensMeanwhileAndAtAnyNumberOfTasks) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    SCOPED_TRACE(seed);
    World world(GetParam().types, GetParam().own_memory, seed);
    std::deque<SavedWorld> saved;
    for (int round = 0; round < 25; ++round) {
      SCOPED_TRACE(round);
      for (std::uint64_t step = world.random()() % 60; step > 0; --step) world.work();
      if (world.random()() % 4 == 0) world.give_up_a_snapshot();
      saved.push_back(world.save());
      if (saved.size() > 3) saved.pop_front();
      if (world.random()() % 3 == 0) {
        const SavedWorld from = saved[world.random()() % saved.size()];
        saved.clear();
        world.begin(&from, static_cast<std::uint32_t>(1 + world.random()() % 3));
        if (world.random()() % 2 == 0) world.expect_content();
      } else if (world.random()() % 4 == 0) {
        world.expect_content();
      }
      if (HasFatalFailure() || HasNonfatalFailure()) return;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Keys, SavedStateOf,
                         testing::Values(Case{{{Kind::kInt64}}, false}, Case{{{Kind::kString}}, false},
                                         Case{{{Kind::kInt64}, {Kind::kString}}, true}, Case{{{Kind::kFloat64}}, true},
                                         Case{{}, false}));

/// The first checkpoint after a recovery is what lets output go on, so it must not cost as much as all of the state.
TEST(SavedStateAfterRestart, ItsFirstImageTakesWhatHasNotChangedFromTheOneItBeganWith) {
  World world({{Kind::kInt64}}, false, 1);
  for (int step = 0; step < 100; ++step) world.work();
  const SavedWorld before = world.save();
  world.begin(&before, 1);
  const SavedWorld after = world.save();
  ASSERT_EQ(after.tasks.size(), 1U);
  int taken_over = 0;
  for (const SavedFile& file : after.tasks[0].files)
    for (const SavedFile& former : before.tasks[0].files) {
      if (file.name != former.name || !file.name.ends_with(".sst")) continue;
      EXPECT_FALSE(file.is_new) << file.name;
      EXPECT_EQ(file.crc, former.crc);
      ++taken_over;
    }
  EXPECT_GT(taken_over, 0);
}

}  // namespace
}  // namespace penstock::state
