/// Windows against a plain model, over disordered rows of several partitions: the same windows and the same late rows,
/// however the input is cut into runs, however the partitions interleave and however often the output is refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "operators/windows/register.h"
#include "operators/windows/window_grid.h"
#include "tests/support/operator_driver.h"

namespace penstock::operators {
namespace {

using support::InputRow;
using support::OperatorDriver;
using support::TestNode;
using Texts = std::vector<std::string>;

const api::Registry& registry() {
  static const auto* const filled = [] {
    auto* made = new api::Registry;
    register_windows(*made);
    return made;
  }();
  return *filled;
}

struct Case {
  base::Micros size, every;
  base::Micros out_of_order, disorder;
  bool keyed;
  bool invertible;  ///< Only counts and sums, which sliding windows take out again.
};

/// Each partition's rows in order, with the partition's watermark before each.
std::vector<std::vector<InputRow>> partitions_of(const Case& test, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::vector<InputRow>> partitions(3);
  for (std::size_t p = 0; p < partitions.size(); ++p) {
    base::Micros watermark = base::kNoTime;
    base::Micros now = -200 + static_cast<base::Micros>(random() % 50);
    for (int i = 0; i < 250; ++i) {
      now += static_cast<base::Micros>(random() % 9);
      if (random() % 60 == 0) now += 300;
      const base::Micros time =
          now - static_cast<base::Micros>(random() % static_cast<std::uint64_t>(test.disorder + 1));
      const std::string key = random() % 15 == 0 ? "null" : std::string(1, static_cast<char>('a' + random() % 5));
      const std::string value = random() % 8 == 0 ? "null" : std::to_string(static_cast<int>(random() % 100) - 50);
      partitions[p].push_back({{key, value}, time, watermark});
      watermark = std::max(watermark, time - test.out_of_order);
    }
  }
  return partitions;
}

struct Expected {
  Texts windows, late;
};

Expected model(const Case& test, const std::vector<std::vector<InputRow>>& partitions) {
  struct Group {
    std::int64_t rows = 0, sum = 0, values = 0, least = 0;
  };
  std::map<std::pair<base::Micros, std::string>, Group> groups;
  Expected expected;
  for (const auto& partition : partitions)
    for (const InputRow& row : partition) {
      bool counts = false, any = false;
      for (base::Micros start = floor_divide(row.time, test.every) * test.every; start > row.time - test.size;
           start -= test.every) {
        any = true;
        if (row.watermark != base::kNoTime && start + test.size <= row.watermark) continue;
        counts = true;
        Group& group = groups[{start, test.keyed ? row.cells[0] : ""}];
        ++group.rows;
        if (row.cells[1] == "null") continue;
        const std::int64_t value = std::stoll(row.cells[1]);
        group.least = group.values == 0 ? value : std::min(group.least, value);
        group.sum += value;
        ++group.values;
      }
      if (!counts && any) expected.late.push_back(row.cells[0] + ", " + row.cells[1]);
    }
  for (const auto& [key, group] : groups) {
    const auto number = [&](std::int64_t value) { return group.values > 0 ? std::to_string(value) : "null"; };
    std::string text = test.keyed ? key.second + ", " : "";
    text += std::to_string(key.first) + ", " + std::to_string(group.rows) + ", " + number(group.sum);
    if (!test.invertible) text += ", " + number(group.least);
    expected.windows.push_back(text);
  }
  std::sort(expected.windows.begin(), expected.windows.end());
  std::sort(expected.late.begin(), expected.late.end());
  return expected;
}

TestNode node_of(const Case& test) {
  TestNode node("aggregate", "k string, v int64");
  if (test.keyed) node.key({0});
  std::vector<topology::NamedText> outputs = {{"at", "micros(window_start)"}, {"n", "count(*)"}, {"s", "sum(v)"}};
  if (!test.invertible) outputs.push_back({"m", "min(v)"});
  node.aggregate(outputs, true).event_time().port(topology::kLatePort, "k string, v int64");
  return node.window(test.every == test.size ? "tumbling" : "sliding", test.size, test.every);
}

/// Feeds the partitions interleaved at random; the merged watermark is the lowest of theirs, as the engine has it.
class Feed {
 public:
  Feed(OperatorDriver& driver, std::uint64_t seed) : driver_(driver), random_(seed) {}

  void run(const std::vector<std::vector<InputRow>>& partitions, std::size_t most) {
    std::vector<std::size_t> at(partitions.size(), 0);
    std::vector<base::Micros> watermarks(partitions.size(), base::kNoTime);
    for (;;) {
      std::vector<InputRow> rows;
      const std::size_t wanted = 1 + random_() % most;
      while (rows.size() < wanted) {
        std::vector<std::size_t> open;
        for (std::size_t p = 0; p < partitions.size(); ++p)
          if (at[p] < partitions[p].size()) open.push_back(p);
        if (open.empty()) break;
        const std::size_t p = open[random_() % open.size()];
        rows.push_back(partitions[p][at[p]++]);
        watermarks[p] = at[p] == partitions[p].size() ? base::kEndOfTime : partitions[p][at[p]].watermark;
      }
      if (rows.empty()) break;
      driver_.process(rows, true);
      advance(*std::min_element(watermarks.begin(), watermarks.end()));
    }
    driver_.flush();
  }

 private:
  void advance(base::Micros merged) {
    if (merged == base::kEndOfTime || merged <= merged_ || random_() % 3 == 0) return;
    merged_ = merged;
    driver_.watermark(merged);
    for (; seen_ < driver_.context.record.emitted.size(); ++seen_) {
      const auto& row = driver_.context.record.emitted[seen_];
      if (row.port != topology::kMainPort) continue;
      EXPECT_EQ(row.watermark, base::kNoTime) << "a result is never late";
      EXPECT_GE(row.time, promised_) << "an output watermark is never ahead of what is still emitted";
    }
    const base::Micros out = driver_.op().output_watermark(merged);
    EXPECT_LE(out, merged);
    promised_ = std::max(promised_, out);
  }
  OperatorDriver& driver_;
  std::mt19937_64 random_;
  base::Micros merged_ = base::kNoTime, promised_ = base::kNoTime;
  std::size_t seen_ = 0;
};

void expect_as_model(const Case& test) {
  std::size_t all_late = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const auto partitions = partitions_of(test, seed);
    const Expected expected = model(test, partitions);
    all_late += expected.late.size();
    for (const std::size_t most : {1u, 7u, 300u}) {
      OperatorDriver driver(registry(), node_of(test));
      ASSERT_FALSE(driver.refused) << driver.refused->text;
      driver.room = seed % 2 == 0 ? 1 : -1;
      driver.with_gaps = seed % 3 == 0;
      Feed(driver, seed * 31 + most).run(partitions, most);
      Texts windows = driver.context.rows(topology::kMainPort), late = driver.context.rows(topology::kLatePort);
      std::sort(windows.begin(), windows.end());
      std::sort(late.begin(), late.end());
      ASSERT_EQ(windows, expected.windows) << "seed " << seed << ", runs of " << most;
      ASSERT_EQ(late, expected.late) << "seed " << seed << ", runs of " << most;
      EXPECT_EQ(driver.counters().late.get(), late.size());
      EXPECT_EQ(driver.counters().late.get() + driver.counters().absorbed.get() + driver.counters().dropped.get(),
                750u);
    }
  }
}

TEST(TumblingWindow, IsAsTheModel) { expect_as_model({60, 60, 20, 30, true, true}); }
TEST(TumblingWindow, IsAsTheModelWithMuchLateness) { expect_as_model({60, 60, 0, 100, true, false}); }
TEST(TumblingWindow, IsAsTheModelWithoutKeys) { expect_as_model({60, 60, 5, 50, false, false}); }
TEST(SlidingWindow, IsAsTheModel) { expect_as_model({100, 10, 20, 30, true, true}); }
TEST(SlidingWindow, IsAsTheModelOverTwoStacks) { expect_as_model({100, 10, 20, 30, true, false}); }
TEST(SlidingWindow, IsAsTheModelWithRowsLateForSomeWindows) { expect_as_model({100, 10, 0, 150, true, true}); }
TEST(SlidingWindow, IsAsTheModelWithRowsLateForSomeWindowsOverTwoStacks) {
  expect_as_model({100, 10, 0, 150, true, false});
}
TEST(SlidingWindow, IsAsTheModelWhenTheSlideDoesNotDivideTheSize) {
  expect_as_model({100, 30, 0, 120, true, true});
  expect_as_model({100, 30, 0, 120, false, false});
}
TEST(SlidingWindow, IsAsTheModelWithGapsBetweenWindows) { expect_as_model({20, 50, 5, 30, true, false}); }

TestNode counted(const std::string& type, base::Micros size, base::Micros every, const std::string& time) {
  TestNode node("aggregate", "k string, x int64");
  node.key({0}).aggregate({{"s", "sum(x)"}, {"n", "count(*)"}}, true).window(type, size, every, time);
  return node;
}

/// Rows by their arrival, windows by the clock alone.
TEST(WindowsByArrival, FireWhenTheClockSaysSo) {
  struct {
    const char* type;
    base::Micros size, every;
    Texts expected;
  } const cases[] = {
      {"tumbling", 60, 60, {"a, 3, 2", "a, 4, 1", "b, 5, 1"}},
      {"sliding", 60, 30, {"a, 3, 2", "a, 3, 2", "a, 4, 1", "a, 4, 1", "b, 5, 1", "b, 5, 1"}},
  };
  for (const auto& test : cases) {
    OperatorDriver driver(registry(), counted(test.type, test.size, test.every, "processing"));
    ASSERT_FALSE(driver.refused) << driver.refused->text;
    const auto until = [&](base::Micros now) {
      while (driver.context.record.wake_at && *driver.context.record.wake_at <= now)
        driver.timer(*driver.context.record.wake_at);
      driver.context.world.now = now;
    };
    driver.context.world.now = 600 + 40;  // In the window from 600 to 660; sliding: also from 630 to 690.
    driver.process({{{"a", "1"}}, {{"a", "2"}}, {{"b", "5"}}});
    until(600 + 60 + 35);
    driver.process({{{"a", "4"}}});
    until(600 + 300);
    Texts got = driver.context.rows();
    std::sort(got.begin(), got.end());
    EXPECT_EQ(got, test.expected) << test.type;
  }
}

/// Updates replace rows inside their window.
TEST(WindowsOverUpdates, TakeOldRowsBack) {
  for (const char* type : {"tumbling", "sliding"}) {
    TestNode node = counted(type, 60, 60, "event");
    node.plan.params.set("retract_input", true);
    for (const std::size_t cut : {1u, 3u, 100u}) {
      OperatorDriver driver(registry(), node);
      ASSERT_FALSE(driver.refused) << driver.refused->text;
      driver.process_cut({{{"a", "1"}, 10, 0},
                          {{"b", "7"}, 11, 0},
                          {{"a", "1"}, 10, 0, record::Change::kRetract},
                          {{"a", "4"}, 12, 0, record::Change::kUpdate},
                          {{"a", "2"}, 70, 0},
                          {{"b", "7"}, 11, 0, record::Change::kDelete}},
                         cut, true);
      driver.watermark(60);
      EXPECT_EQ(driver.context.rows(), Texts{"a, 4, 1"}) << type << cut;
      driver.flush();
      EXPECT_EQ(driver.context.rows(), (Texts{"a, 4, 1", "a, 2, 1"})) << type << cut;
    }
  }
}

}  // namespace
}  // namespace penstock::operators
