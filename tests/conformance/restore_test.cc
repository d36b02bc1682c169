#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <random>

#include "operators/builtin.h"
#include "tests/conformance/task_set.h"
#include "tests/support/scratch_directory.h"

namespace penstock::conformance {
namespace {

using support::InputRow;
using support::TestNode;
using Outputs = std::vector<topology::NamedText>;

constexpr char kFields[] = "k string, v int64, x float64, s string";
const Outputs kCounts = {{"n", "count(*)"}, {"s", "sum(v)"}, {"nx", "count(x)"}};
const Outputs kAll = {{"n", "count(*)"},          {"sum", "sum(v)"},
                      {"fsum", "sum(x)"},         {"mean", "avg(x)"},
                      {"dev", "stddev(x)"},       {"least", "min(s)"},
                      {"most", "max(x)"},         {"first", "first(s)"},
                      {"last", "last(v)"},        {"by", "max_by(s, x)"},
                      {"list", "list(s)"},        {"half", "percentile(x, 0.5)"},
                      {"d", "count(distinct s)"}, {"about", "approx_distinct(v)"}};
/// Without sums of floats, which are as exact as the order of the additions, and that depends on who has which groups.
const Outputs kExact = {{"n", "count(*)"},   {"sum", "sum(v)"},          {"least", "min(s)"},
                        {"most", "max(x)"},  {"first", "first(s)"},      {"last", "last(v)"},
                        {"list", "list(s)"}, {"d", "count(distinct s)"}, {"half", "percentile(x, 0.5)"}};
const Outputs kTakenBack = {
    {"n", "count(*)"}, {"s", "sum(v)"}, {"m", "max(x)"}, {"l", "min(s)"}, {"d", "count(distinct s)"}};

struct NodeCase {
  std::string name;
  TestNode node;
  bool updates = false;
  std::uint32_t tasks = 0;  ///< Always so many; 0: another number after each stop.
};

TestNode aggregate(const Outputs& outputs, const std::string& emit, bool updates, bool gives_back, bool keyed = true) {
  TestNode node("aggregate", kFields);
  if (keyed) node.key({0});
  node.aggregate(outputs, false).plan.params.set("emit", emit);
  node.plan.params.set("retract_input", updates);
  node.plan.params.set("emit_retractions", gives_back);
  if (emit == "every") node.plan.params.set("emit_every", std::int64_t{1'000});
  return node;
}
TestNode window(const Outputs& outputs, const std::string& type, base::Micros size, base::Micros every,
                const std::string& time, bool updates = false) {
  TestNode node("aggregate", kFields);
  node.key({0}).aggregate(outputs, true).window(type, size, every, time);
  if (time == "event") node.event_time();
  node.port(topology::kLatePort, "k string, v int64");
  node.plan.params.set("retract_input", updates);
  return node;
}

std::vector<NodeCase> cases() {
  TestNode limit("limit", kFields);
  limit.output(kFields).plan.params.set("count", std::int64_t{400});
  TestNode sample("sample", kFields);
  sample.output(kFields).plan.params.set("fraction", 0.3);
  return {
      {"Running", aggregate(kAll, "update", false, false)},
      {"RunningBothSides", aggregate(kAll, "update", false, true)},
      {"RunningOverUpdates", aggregate(kTakenBack, "update", true, true), true},
      {"AtTheEnd", aggregate(kAll, "end", false, false)},
      {"AtTheEndWithoutKeys", aggregate(kCounts, "end", false, false, false), false, 1},
      {"AtTheEndOverUpdates", aggregate(kTakenBack, "end", true, false), true},
      {"Every", aggregate(kAll, "every", false, false)},
      {"EveryBothSides", aggregate(kAll, "every", false, true)},
      {"EveryOverUpdates", aggregate(kTakenBack, "every", true, true), true},
      {"Tumbling", window(kAll, "tumbling", 60, 60, "event")},
      {"TumblingOverUpdates", window(kTakenBack, "tumbling", 60, 60, "event", true), true},
      {"TumblingByArrival", window(kCounts, "tumbling", 600, 600, "processing")},
      {"SlidingCounts", window(kCounts, "sliding", 100, 10, "event")},
      {"SlidingAll", window(kAll, "sliding", 100, 10, "event"), false, 2},
      {"SlidingUneven", window(kAll, "sliding", 100, 30, "event"), false, 3},
      {"SlidingExact", window(kExact, "sliding", 100, 10, "event")},
      {"SlidingExactUneven", window(kExact, "sliding", 100, 30, "event")},
      {"SlidingOverUpdates", window(kTakenBack, "sliding", 100, 20, "event", true), true},
      {"SlidingWithGaps", window(kCounts, "sliding", 20, 50, "event")},
      {"SlidingByArrival", window(kCounts, "sliding", 600, 100, "processing"), false, 1},
      {"Limit", limit, false, 1},
      {"Sample", sample, false, 1},
  };
}

/// Disordered rows of one partition, with its watermark before each; watermarks of the merged input, never ahead of it;
/// the clock going on.
class Script {
 public:
  Script(std::uint64_t seed, bool updates) : random_(seed), updates_(updates) {
    for (int i = 0; i < 120; ++i) step();
    events_.push_back({Event::Kind::kFlush});
  }
  const std::vector<Event>& events() const { return events_; }

 private:
  void step() {
    const std::uint64_t what = random_() % 10;
    if (what < 6) return add_rows();
    if (what < 8) {
      clock_ += static_cast<base::Micros>(random_() % 700);
      return events_.push_back({Event::Kind::kTimer, {}, clock_});
    }
    if (watermark_ <= merged_) return;
    merged_ = watermark_ - static_cast<base::Micros>(random_() % 20);
    events_.push_back({Event::Kind::kWatermark, {}, merged_});
  }
  void add_rows() {
    Event event{Event::Kind::kRows};
    for (std::uint64_t left = 1 + random_() % 30; left > 0; --left) {
      now_ += static_cast<base::Micros>(random_() % 4);
      if (random_() % 300 == 0) now_ += 400;
      if (updates_ && !live_.empty() && random_() % 3 == 0)
        change_one(event);
      else
        event.rows.push_back(random_row());
      if (updates_ && event.rows.back().change == record::Change::kInsert) live_.push_back(event.rows.back().cells);
    }
    events_.push_back(std::move(event));
  }
  InputRow random_row() {
    const std::string key = random_() % 15 == 0 ? "null" : "key " + std::to_string(random_() % 40);
    const auto number = static_cast<int>(random_() % 100) - 50;
    const std::string text(random_() % 30, static_cast<char>('a' + random_() % 20));
    InputRow row{{key, std::to_string(number), std::to_string(number / 7.0), text}};
    for (std::size_t cell = 1; cell < 4; ++cell)
      if (random_() % 10 == 0) row.cells[cell] = "null";
    row.time = now_ - static_cast<base::Micros>(random_() % 40);
    row.watermark = watermark_;
    watermark_ = std::max(watermark_, row.time - 15);
    return row;
  }
  /// Takes a row back that is there, and mostly puts another of the same key in its place.
  void change_one(Event& event) {
    const std::size_t which = random_() % live_.size();
    InputRow old = random_row();
    old.cells = live_[which];
    const bool deleted = random_() % 3 == 0;
    old.change = deleted ? record::Change::kDelete : record::Change::kRetract;
    event.rows.push_back(old);
    if (deleted) {
      live_.erase(live_.begin() + static_cast<std::ptrdiff_t>(which));
      return;
    }
    InputRow changed = random_row();
    changed.cells[0] = old.cells[0];
    changed.time = old.time;
    changed.watermark = old.watermark;
    changed.change = record::Change::kUpdate;
    live_[which] = changed.cells;
    event.rows.push_back(changed);
  }

  std::mt19937_64 random_;
  bool updates_;
  std::vector<Event> events_;
  std::vector<std::vector<std::string>> live_;
  base::Micros now_ = 1000, watermark_ = base::kNoTime, merged_ = base::kNoTime;
  base::Micros clock_ = 1'700'000'000'000'000;
};

std::vector<std::string> without(const std::multiset<std::string>& a, const std::multiset<std::string>& b) {
  std::vector<std::string> left;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(left));
  return left;
}

class Restore : public testing::TestWithParam<NodeCase> {
 protected:
  TaskSet tasks(std::uint32_t count, const Cut* from) {
    const std::string directory = scratch_.path("run-" + std::to_string(++runs_));
    return TaskSet(operators::builtin_registry(), GetParam().node, count, directory, from);
  }
  support::ScratchDirectory scratch_;
  int runs_ = 0;
};

TEST_P(Restore, EmitsWhatAnUndisturbedRunEmits) {
  const std::uint32_t fixed = GetParam().tasks;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Script script(seed, GetParam().updates);
    TaskSet undisturbed = tasks(std::max(fixed, 1u), nullptr);
    for (const Event& event : script.events()) undisturbed.play(event);
    std::mt19937_64 random(seed);
    const auto some = [&] { return fixed != 0 ? fixed : static_cast<std::uint32_t>(1 + random() % 3); };
    std::unique_ptr<TaskSet> run = std::make_unique<TaskSet>(tasks(some(), nullptr));
    std::size_t position = 0;
    std::optional<Cut> cut;
    for (int stops = 0; position < script.events().size();) {
      run->play(script.events()[position++]);
      if (random() % 8 == 0)
        cut = run->save(position, [&] {
          for (std::uint64_t more = random() % 4; more > 0 && position + 1 < script.events().size(); --more)
            run->play(script.events()[position++]);
        });
      if (!cut || random() % 12 != 0 || stops++ > 6) continue;
      position = cut->position;
      run = std::make_unique<TaskSet>(tasks(some(), &*cut));
    }
    const std::multiset<std::string> wanted = undisturbed.emitted(), found = run->emitted();
    ASSERT_EQ(without(wanted, found), std::vector<std::string>()) << "missing";
    ASSERT_EQ(without(found, wanted), std::vector<std::string>()) << "too much";
    EXPECT_GT(undisturbed.emitted().size(), 0u) << "the case shows nothing";
  }
}

TEST_P(Restore, GivesOutTheRestWhenSomeTasksHadFlushed) {
  const std::uint32_t fixed = GetParam().tasks;
  for (std::uint64_t seed = 1; seed <= 4 && fixed != 1; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Script script(seed, GetParam().updates);
    const std::size_t end = script.events().size() - 1;
    TaskSet undisturbed = tasks(std::max(fixed, 1u), nullptr);
    for (const Event& event : script.events()) undisturbed.play(event);
    TaskSet stopped = tasks(fixed != 0 ? fixed : 2 + seed % 2, nullptr);
    for (std::size_t position = 0; position < end; ++position) stopped.play(script.events()[position]);
    stopped.flush_first(1 + seed % (stopped.size() - 1));
    const Cut cut = stopped.save(end, [] {});
    for (const std::uint32_t count : fixed != 0 ? std::vector{fixed} : std::vector{1u, 2u, 3u, 4u}) {
      TaskSet run = tasks(count, &cut);
      run.play(script.events()[end]);
      const std::multiset<std::string> wanted = undisturbed.emitted(), found = run.emitted();
      ASSERT_EQ(without(wanted, found), std::vector<std::string>()) << "missing with " << count << " tasks";
      ASSERT_EQ(without(found, wanted), std::vector<std::string>()) << "too much with " << count << " tasks";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Operators, Restore, testing::ValuesIn(cases()),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace penstock::conformance
