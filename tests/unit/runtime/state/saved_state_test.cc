#include <gtest/gtest.h>

#include <cstring>
#include <deque>
#include <functional>
#include <ostream>

#include "runtime/base/limits.h"
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

/// The blocking thread writes the tier while the executor reads it. Here it does so between two keys of one look-up.
TEST(SavedStateMeanwhile, AnErasedKeyDoesNotComeBackWhenItsErasureIsWrittenDuringALookUp) {
  const support::ScratchDirectory files;
  const record::Schema schema{{{"key", {Kind::kInt64}, false}}};
  const int key_field = 0;
  std::function<void()> when_loaded;
  api::TableSpec spec{"groups", {{Kind::kInt64}}, 8};
  spec.evictable = true;
  spec.hooks.save = [](const std::byte* value, std::string& out) {
    out.append(reinterpret_cast<const char*>(value), sizeof(std::int64_t));
  };
  spec.hooks.load = [&](std::string_view bytes, std::byte* value) {
    std::memcpy(value, bytes.data(), sizeof(std::int64_t));
    if (when_loaded) std::exchange(when_loaded, nullptr)();
    return true;
  };
  const auto find = [&](api::StateTable& table, std::vector<std::int64_t> keys, std::span<std::uint8_t> inserted) {
    record::RowsBuffer rows(schema);
    for (const std::int64_t key : keys) rows[0].append_int(key);
    std::vector<api::Entry> entries(keys.size());
    table.find_or_insert(rows.rows(static_cast<std::uint32_t>(keys.size())), {&key_field, 1}, entries, inserted.data());
    return entries;
  };
  const auto delta_of = [](TaskState& state) {
    state.flip();
    while (!state.copy(100)) {
    }
    return state.take();
  };
  std::uint8_t inserted[2] = {};
  FormerState former{files.made("image-1"), {0, base::kKeyGroups}, {}};
  {
    const auto state = make_task_state({{0, base::kKeyGroups}, files.path("tier-1")});
    ASSERT_TRUE(state->open());
    const auto table = state->store_of("node").make_table(spec);
    for (const api::Entry& entry : find(*table, {1, 2}, inserted)) *reinterpret_cast<std::int64_t*>(entry.value) = 7;
    former.files = *state->persist(delta_of(*state), former.directory);
  }
  const auto state = make_task_state({{0, base::kKeyGroups}, files.path("tier-2"), {former}});
  ASSERT_TRUE(state->open());
  const auto table = state->store_of("node").make_table(spec);
  table->erase(find(*table, {2}, inserted)[0]);
  auto delta = delta_of(*state);
  when_loaded = [&] { EXPECT_TRUE(state->persist(std::move(delta), files.made("image-2"))); };
  const auto entries = find(*table, {1, 2}, inserted);
  EXPECT_EQ(inserted[0], 0);
  EXPECT_EQ(*reinterpret_cast<std::int64_t*>(entries[0].value), 7);
  EXPECT_EQ(inserted[1], 1) << "it was erased";
  EXPECT_EQ(*reinterpret_cast<std::int64_t*>(entries[1].value), 0);
}

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
