/// What a task waits for must wake it, whatever its neighbours do; what it cannot take in must not.
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "runtime/worker/blocking_thread.h"
#include "runtime/worker/local_job.h"
#include "runtime/worker/wait_set.h"
#include "tests/support/small_plan.h"

namespace penstock::worker {
namespace {

using api::Step;
using support::small_node;
using support::SmallWorld;
using topology::NodeKind;

constexpr base::Micros kPatience = 20'000'000;

template <class Condition>
bool eventually(Condition&& condition) {
  const base::Micros until = base::steady_now() + kPatience;
  while (!condition()) {
    if (base::steady_now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

class Pipe {
 public:
  Pipe() { EXPECT_EQ(pipe(ends_), 0); }
  ~Pipe() {
    close(ends_[0]);
    close(ends_[1]);
  }
  int reading() const { return ends_[0]; }
  int writing() const { return ends_[1]; }
  void fill_one() const { EXPECT_EQ(write(ends_[1], "x", 1), 1); }
  bool readable() const {
    pollfd state{ends_[0], POLLIN, 0};
    return poll(&state, 1, 0) > 0;
  }

 private:
  int ends_[2] = {-1, -1};
};

TEST(WaitSet, KeepsWhatOneNodeWatchesWhenItsNeighbourLeavesTheSameDescriptor) {
  WaitSet waits;
  const Pipe inbox, shared;
  waits.watch({0, 1}, shared.writing(), true);
  waits.watch({0, 2}, shared.writing(), true);
  waits.unwatch({0, 1}, shared.writing());
  int woken = 0;
  waits.wait(
      std::array{inbox.reading()}, 0, [](WaitSet::Watcher) { return true; }, [&](int) { ++woken; });
  EXPECT_EQ(woken, 1);
  waits.forget(0);
  EXPECT_FALSE(waits.watches_any());
}

topology::PlanEdge inside(int from, int to, int port = topology::kMainPort) {
  topology::PlanEdge edge;
  edge.from = from;
  edge.from_port = port;
  edge.to = to;
  edge.chained = true;
  return edge;
}

/// Two sinks write to one place: who has begun has the turn until it is done.
struct Turn {
  const void* holder = nullptr;
  std::shared_ptr<api::Waker> first_waker, second_waker;
};

/// Takes the turn, keeps it over one wake-up, and gives it back.
class FakeFirst final : public api::Sink {
 public:
  explicit FakeFirst(Turn& turn) : turn_(turn) {}
  base::Result<void> open(api::Context& context) override {
    turn_.first_waker = context.waker();
    return {};
  }
  Step write(const record::Rows& rows, api::Context& context) override {
    context.counters().passed.add(rows.count);
    turn_.holder = this;
    turn_.first_waker->wake();
    return Step::kBlocked;
  }
  Step resume(api::Context&) override {
    turn_.holder = nullptr;
    return Step::kDone;
  }

 private:
  Turn& turn_;
};

class FakeSecond final : public api::Sink {
 public:
  explicit FakeSecond(Turn& turn) : turn_(turn) {}
  Step write(const record::Rows& rows, api::Context& context) override {
    context.counters().passed.add(rows.count);
    return resume(context);
  }
  Step resume(api::Context&) override { return turn_.holder == nullptr ? Step::kDone : Step::kBlocked; }

 private:
  Turn& turn_;
};

TEST(LocalJob, GoesOnWithASinkThatAnotherSinkOfItsTaskWaitsFor) {
  SmallWorld world;
  Turn turn;
  auto registry = support::small_registry(world);
  registry.sinks["first"] = [&](const api::NodeSpec&) -> base::Result<std::unique_ptr<api::Sink>> {
    return std::make_unique<FakeFirst>(turn);
  };
  registry.sinks["second"] = [&](const api::NodeSpec&) -> base::Result<std::unique_ptr<api::Sink>> {
    return std::make_unique<FakeSecond>(turn);
  };
  topology::Plan plan;
  plan.nodes = {small_node("numbers", NodeKind::kSource, "numbers", 1), small_node("a", NodeKind::kSink, "first", 1),
                small_node("b", NodeKind::kSink, "second", 1)};
  plan.edges = {inside(0, 1), inside(0, 2)};
  plan.chains = {{{0, 1, 2}, 1}};
  auto job = LocalJob::start(plan, registry, {1});
  ASSERT_TRUE(job.has_value());
  EXPECT_TRUE((*job)->wait(kPatience)) << "both sinks wait for ever";
}

/// Takes nothing until `gate` can be read: a server that waits for its first client.
class FakeServer final : public api::Sink {
 public:
  explicit FakeServer(const Pipe& gate) : gate_(gate) {}
  base::Result<void> open(api::Context& context) override {
    context.watch(gate_.reading(), false);
    return {};
  }
  Step write(const record::Rows& rows, api::Context& context) override {
    context.counters().passed.add(rows.count);
    return resume(context);
  }
  Step resume(api::Context& context) override {
    if (!gate_.readable()) return Step::kBlocked;
    context.unwatch(gate_.reading());
    return Step::kDone;
  }

 private:
  const Pipe& gate_;
};

TEST(LocalJob, WakesASinkThatWaitsToReadThoughItsTaskIsHeldBack) {
  SmallWorld world;
  const Pipe gate;
  auto registry = support::small_registry(world);
  registry.sinks["server"] = [&](const api::NodeSpec&) -> base::Result<std::unique_ptr<api::Sink>> {
    return std::make_unique<FakeServer>(gate);
  };
  topology::Plan plan;
  plan.nodes = {small_node("numbers", NodeKind::kSource, "numbers", 1), small_node("a", NodeKind::kSink, "server", 1)};
  plan.edges = {inside(0, 1)};
  plan.chains = {{{0, 1}, 1}};
  auto job = LocalJob::start(plan, registry, {1});
  ASSERT_TRUE(job.has_value());
  ASSERT_TRUE(eventually([&] { return (*job)->snapshot().nodes[1].blocked; }));
  gate.fill_one();
  EXPECT_TRUE((*job)->wait(kPatience)) << "the first client was not heard";
}

/// One row for each byte that comes, up to `count`; endless when count is -1. Counts how often it was woken.
class FakeListener final : public api::Source {
 public:
  FakeListener(const Pipe& line, bool takes_bytes, int count, std::atomic<int>& polls, const api::NodeSpec& spec)
      : line_(line), takes_bytes_(takes_bytes), left_(count), polls_(polls), buffer_(spec.node.schema) {}
  base::Result<void> open(api::SourceContext& context) override {
    partition_ = context.add_partition("line", false);
    context.partitions_complete();
    context.watch(line_.reading(), false);
    return {};
  }
  Step read(api::PartitionId, std::uint32_t, api::SourceContext& context) override {
    if (!line_.readable()) return Step::kIdle;
    char byte = 0;
    if (takes_bytes_ && ::read(line_.reading(), &byte, 1) != 1) return Step::kIdle;
    buffer_.clear();
    buffer_[0].append_int(1);
    const std::int64_t offset = 0;
    context.emit_from(partition_, buffer_.rows(), &offset);
    return --left_ == 0 ? Step::kDone : Step::kProgress;
  }
  void poll(api::SourceContext&) override { ++polls_; }

 private:
  const Pipe& line_;
  bool takes_bytes_;
  int left_;
  std::atomic<int>& polls_;
  record::RowsBuffer buffer_;
  api::PartitionId partition_ = 0;
};

TEST(LocalJob, HearsADescriptorThoughAnotherTaskOfItsThreadIsAlwaysAtWork) {
  SmallWorld endless, world;
  endless.count = -1;
  const Pipe line;
  std::atomic<int> polls{0};
  auto registry = support::small_registry(world);
  registry.sources["endless"] = support::small_registry(endless).sources["numbers"];
  registry.sources["line"] = [&](const api::NodeSpec& spec) -> base::Result<std::unique_ptr<api::Source>> {
    return std::make_unique<FakeListener>(line, true, 1, polls, spec);
  };
  topology::Plan plan;
  plan.nodes = {small_node("busy", NodeKind::kSource, "endless", 1), small_node("line", NodeKind::kSource, "line", 1),
                small_node("out", NodeKind::kSink, "collect", 1)};
  plan.edges = {inside(1, 2)};
  plan.chains = {{{0}, 1}, {{1, 2}, 1}};
  auto job = LocalJob::start(plan, registry, {1});
  ASSERT_TRUE(job.has_value());
  ASSERT_TRUE(eventually([&] { return endless.read > 10'000 && polls > 0; }));
  line.fill_one();
  EXPECT_TRUE(eventually([&] { return (*job)->snapshot().nodes[2].rows_in == 1; })) << "the byte was never seen";
  (*job)->request_stop();
  EXPECT_TRUE((*job)->wait(kPatience));
}

TEST(LocalJob, ARateThatWaitsIsNotWokenByWhatItMayNotReadYet) {
  SmallWorld world;
  const Pipe line;
  line.fill_one();  // There is always something to read.
  std::atomic<int> polls{0};
  auto registry = support::small_registry(world);
  registry.sources["line"] = [&](const api::NodeSpec& spec) -> base::Result<std::unique_ptr<api::Source>> {
    return std::make_unique<FakeListener>(line, false, 5, polls, spec);
  };
  topology::Plan plan;
  plan.nodes = {small_node("line", NodeKind::kSource, "line", 1), small_node("out", NodeKind::kSink, "collect", 1)};
  plan.nodes[0].rate = 50;
  plan.edges = {inside(0, 1)};
  plan.chains = {{{0, 1}, 1}};
  auto job = LocalJob::start(plan, registry, {1});
  ASSERT_TRUE(job.has_value());
  ASSERT_TRUE((*job)->wait(kPatience));
  EXPECT_EQ(world.collected.size(), 5u);
  EXPECT_LT(polls, 100) << "the task was awake all the time";
}

TEST(LocalJob, KeepsADeadLetterWhileItsReaderIsHeldBack) {
  SmallWorld world;
  world.count = 10;
  world.fail_at = 5;
  world.sink_corked = true;
  const auto registry = support::small_registry(world);
  topology::Plan plan;
  plan.nodes = {small_node("numbers", NodeKind::kSource, "numbers", 1),
                small_node("letters", NodeKind::kSink, "collect", 1)};
  plan.nodes[0].on_error = topology::OnError::kDeadLetter;
  plan.nodes[0].ports.push_back({topology::kErrorsPort, "numbers.errors", topology::error_schema(), false, false});
  plan.edges = {inside(0, 1, topology::kErrorsPort)};
  plan.chains = {{{0, 1}, 1}};
  auto job = LocalJob::start(plan, registry, {1});
  ASSERT_TRUE(job.has_value());
  ASSERT_TRUE(eventually([&] { return (*job)->snapshot().nodes[1].blocked; }));
  world.uncork();
  ASSERT_TRUE((*job)->wait(kPatience));
  ASSERT_EQ(world.collected.size(), 1u);
  EXPECT_GT(world.collected[0], 1'600'000'000'000'000);  // The first column is when it happened.
}

/// Partition 0 has rows without end, each a millisecond of event time later; partition 1 has one and falls silent.
class FakeTalker final : public api::Source {
 public:
  explicit FakeTalker(const api::NodeSpec& spec) : buffer_(spec.node.schema) {}
  base::Result<void> open(api::SourceContext& context) override {
    context.add_partition("talks", false);
    context.add_partition("silent", false);
    context.partitions_complete();
    return {};
  }
  Step read(api::PartitionId id, std::uint32_t, api::SourceContext& context) override {
    if (id == 1 && said_) return Step::kIdle;
    said_ = said_ || id == 1;
    buffer_.clear();
    buffer_[0].append_int(id == 1 ? 1000 : time_ += 1000);
    const std::int64_t offset = 0;
    context.emit_from(id, buffer_.rows(), &offset);
    return Step::kProgress;
  }

 private:
  record::RowsBuffer buffer_;
  bool said_ = false;
  base::Micros time_ = 0;
};

void expect_silence_to_be_noticed(double rate) {
  SmallWorld world;
  auto registry = support::small_registry(world);
  registry.sources["talker"] = [](const api::NodeSpec& spec) -> base::Result<std::unique_ptr<api::Source>> {
    return std::make_unique<FakeTalker>(spec);
  };
  topology::Plan plan;
  plan.nodes = {small_node("talker", NodeKind::kSource, "talker", 1), small_node("out", NodeKind::kSink, "collect", 1)};
  topology::PlanNode& talker = plan.nodes[0];
  talker.schema.fields[0].type.kind = record::Kind::kTimestamp;
  talker.ports[0].schema = talker.schema;
  talker.ports[0].event_time = true;
  talker.event_time.emplace();
  talker.event_time->field = 0;
  talker.event_time->idle_after = 2000;
  if (rate > 0) talker.rate = rate;
  plan.edges = {inside(0, 1)};
  plan.chains = {{{0, 1}, 1}};
  auto job = LocalJob::start(plan, registry, {1});
  ASSERT_TRUE(job.has_value());
  EXPECT_TRUE(eventually([&] {
    const auto watermark = (*job)->snapshot().nodes[1].watermark;
    return watermark && *watermark > 5000;
  })) << "time stands still at the silent partition";
  (*job)->request_stop();
  ASSERT_TRUE((*job)->wait(kPatience));
}

TEST(LocalJob, NoticesASilentPartitionBesideOneThatAlwaysHasRows) { expect_silence_to_be_noticed(0); }
TEST(LocalJob, NoticesASilentPartitionBesideOneThatARateHolds) { expect_silence_to_be_noticed(200); }

TEST(BlockingThread, RunsNothingThatWasForgotten) {
  BlockingThread thread;
  std::atomic<bool> begun{false}, go_on{false}, second{false};
  thread.submit(
      [&] {
        begun = true;
        while (!go_on) std::this_thread::yield();
      },
      nullptr);
  thread.submit([&] { second = true; }, nullptr);
  ASSERT_TRUE(eventually([&] { return begun.load(); }));
  thread.forget_waiting();
  go_on = true;
  thread.stop();
  EXPECT_FALSE(second);
}

TEST(LocalJob, MayBeLookedAtFromAnotherThreadWhileItEnds) {
  SmallWorld world;
  const auto registry = support::small_registry(world);
  const auto plan = support::small_plan(2, 2, topology::Partitioning::kHash);
  auto job = LocalJob::start(plan, registry, {2});
  ASSERT_TRUE(job.has_value());
  std::thread viewer([&] { EXPECT_TRUE(eventually([&] { return (*job)->snapshot().state == JobState::kFinished; })); });
  EXPECT_TRUE((*job)->wait(kPatience));
  viewer.join();
}

/// A signal that a thread of the job took ended the process: libzmq said EINTR and its wrapper threw.
TEST(LocalJob, IsNotEndedByASignalThatOneOfItsThreadsTakes) {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  ASSERT_EQ(sigaction(SIGALRM, &action, nullptr), 0);
  sigset_t alarm;
  sigemptyset(&alarm);
  sigaddset(&alarm, SIGALRM);
  SmallWorld world;
  world.count = base::kContrary ? 10'000 : 1'000'000;
  const auto registry = support::small_registry(world);
  const auto plan = support::small_plan(2, 2, topology::Partitioning::kHash);
  auto job = LocalJob::start(plan, registry, {2});
  ASSERT_TRUE(job.has_value());
  pthread_sigmask(SIG_BLOCK, &alarm, nullptr);  // Here; the job's threads take it.
  itimerval every{{0, 50}, {0, 50}};
  setitimer(ITIMER_REAL, &every, nullptr);
  EXPECT_TRUE((*job)->wait(kPatience));
  every = {};
  setitimer(ITIMER_REAL, &every, nullptr);
  EXPECT_EQ(static_cast<std::int64_t>(world.collected.size()), world.count);
}

}  // namespace
}  // namespace penstock::worker
