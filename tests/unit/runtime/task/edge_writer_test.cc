#include "runtime/task/edge_writer.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <memory>
#include <random>
#include <vector>

#include "runtime/channel/in_channel.h"
#include "runtime/record/column_buffer.h"
#include "runtime/record/key_hash.h"
#include "runtime/task/chain.h"
#include "runtime/task/frame_reader.h"
#include "runtime/task/row_text.h"
#include "tests/support/fake_services.h"

namespace penstock::task {
namespace {

using support::FakeServices;

struct Lane final : channel::FrameRoute {
  Lane(record::FramePool& pool, std::uint32_t number)
      : out({0, 1, number}, pool, *this, 1 << 24), in({0, 1, number}, pool, back, 1 << 24) {}
  void deliver(record::Frame* frame) override { EXPECT_FALSE(in.arrive(frame).has_value()); }
  struct Nowhere final : channel::FrameRoute {
    void deliver(record::Frame* frame) override { record::FramePool::give_back(frame); }
  } back;
  channel::OutChannel out;
  channel::InChannel in;
};

record::RowsBuffer random_rows(const record::Schema& schema, std::mt19937_64& random, int count) {
  record::RowsBuffer rows(schema);
  for (int row = 0; row < count; ++row) {
    rows[0].append_int(static_cast<std::int64_t>(random() % 50));
    rows[1].append_int(row);
    rows.time().push_back(row);
    rows.watermark().push_back(row / 2);
  }
  return rows;
}

std::vector<std::uint32_t> every_third(std::uint32_t count) {
  std::vector<std::uint32_t> rows;
  for (std::uint32_t row = 0; row < count; row += 3) rows.push_back(row);
  return rows;
}

/// Rows of two tasks are sorted in another way than those of more, and rows for another process are written as bytes.
TEST(EdgeWriter, SendsEachRowToTheTaskOfItsKeyGroupInOrder) {
  const record::Schema schema{{{"key", {record::Kind::kInt64}, true}, {"number", {record::Kind::kInt64}, true}}};
  const record::RowLayout layout{&schema, true, true};
  topology::PlanEdge edge;
  edge.partitioning = topology::Partitioning::kHash;
  edge.key = {0};
  for (std::uint32_t shape = 3; shape < 21; ++shape) {
    const std::uint32_t tasks = shape / 3;
    const std::uint32_t remote = shape % 3;  // None of the lanes, every other one, all of them.
    std::mt19937_64 random(tasks);
    record::FramePool pool;
    std::vector<std::unique_ptr<Lane>> lanes;
    std::vector<EdgeWriter::Lane> outs;
    for (std::uint32_t task = 0; task < tasks; ++task) {
      lanes.push_back(std::make_unique<Lane>(pool, task));
      outs.push_back({&lanes.back()->out, remote == 2 || (remote == 1 && task % 2 == 1)});
    }
    EdgeWriter writer(edge, layout, outs);
    record::RowsBuffer buffer = random_rows(schema, random, 700);
    record::Rows rows = buffer.rows();
    writer.write(rows);
    const auto chosen = every_third(rows.count);
    rows.selection = chosen.data();
    rows.count = static_cast<std::uint32_t>(chosen.size());
    writer.write(rows);
    writer.ship();
    std::size_t arrived = 0;
    for (std::uint32_t task = 0; task < tasks; ++task) {
      FrameReader reader(layout);
      std::int64_t last = -1;
      bool again = false;  // The selected rows come behind all others.
      for (; !lanes[task]->in.empty(); lanes[task]->in.consumed()) {
        const record::Rows* got = reader.read(*lanes[task]->in.front());
        ASSERT_NE(got, nullptr);
        std::vector<std::uint64_t> hashes(got->count);
        record::hash_keys(*got, edge.key, hashes.data());
        for (std::uint32_t row = 0; row < got->count; ++row, ++arrived) {
          EXPECT_EQ(got->key_hash[row], hashes[row]);
          EXPECT_EQ(record::task_of_group(record::key_group(hashes[row]), tasks), task);
          const std::int64_t number = got->columns[1].cells<std::int64_t>()[row];
          EXPECT_EQ(got->watermark[row], number / 2);
          if (number <= last) {
            EXPECT_FALSE(again);
            again = true;
          }
          if (again) {
            EXPECT_EQ(number % 3, 0);
          }
          last = number;
        }
      }
    }
    EXPECT_EQ(arrived, 700 + chosen.size());
  }
}

/// 300 MB of nothing: only its size is ever looked at.
class HugeText {
 public:
  HugeText() : at_(mmap(nullptr, kBytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)) {}
  ~HugeText() { munmap(at_, kBytes); }
  HugeText(const HugeText&) = delete;
  HugeText& operator=(const HugeText&) = delete;
  std::string_view text() const { return {static_cast<const char*>(at_), kBytes}; }

 private:
  static constexpr std::size_t kBytes = 300'000'000;
  void* at_;
};

class PassOn final : public api::Operator {
 public:
  api::Step process(int, const record::Rows& rows, api::Context& context) override {
    context.counters().passed.add(rows.count);
    context.emit(topology::kMainPort, rows);
    return api::Step::kDone;
  }
};

/// Its size has 28 bits: the process was aborted.
TEST(Node, CountsARowThatIsTooLargeToTravelAsItsError) {
  const HugeText huge;
  const record::Schema schema{{{"text", {record::Kind::kString}, true}}};
  for (const auto partitioning : {topology::Partitioning::kHash, topology::Partitioning::kForward}) {
    topology::PlanEdge edge;
    edge.partitioning = partitioning;
    if (partitioning == topology::Partitioning::kHash) edge.key = {};
    const record::RowLayout layout{&schema, false, partitioning == topology::Partitioning::kHash};
    FakeServices services;
    Chain chain(0, services);
    topology::PlanNode plan;
    plan.name = "words";
    plan.on_error = topology::OnError::kSkip;
    record::FramePool pool;
    Lane lane(pool, 0);
    Node& node = chain.add_node(plan);
    node.set_operator(std::make_unique<PassOn>());
    node.add_target(
        topology::kMainPort,
        {nullptr, 0, std::make_unique<EdgeWriter>(edge, layout, std::vector{EdgeWriter::Lane{&lane.out, false}})});
    record::RowsBuffer rows(schema);
    for (const std::string_view text : {std::string_view("a"), huge.text(), std::string_view("b")})
      rows[0].append_text(text);
    node.accept(0, rows.rows());
    chain.end_of_turn();
    EXPECT_EQ(node.counted().passed.get(), 2u);
    EXPECT_EQ(node.errors_by_code().at("row_too_large"), 1u);
    FrameReader reader(layout);
    std::string arrived;
    for (; !lane.in.empty(); lane.in.consumed()) {
      const record::Rows* got = reader.read(*lane.in.front());
      ASSERT_NE(got, nullptr);
      for (std::uint32_t row = 0; row < got->count; ++row) arrived += got->columns[0].cells<record::Text>()[row];
    }
    EXPECT_EQ(arrived, "ab");
  }
}

TEST(RowText, CutsHugeFieldsShort) {
  const HugeText huge;
  const record::Schema schema{{{"text", {record::Kind::kBytes}, true}}};
  record::RowsBuffer rows(schema);
  rows[0].append_text(huge.text());
  EXPECT_LT(row_as_text(rows.rows(), 0, 100).size(), 1000u);
}

}  // namespace
}  // namespace penstock::task
