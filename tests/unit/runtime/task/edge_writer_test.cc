#include "runtime/task/edge_writer.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <vector>

#include "runtime/channel/in_channel.h"
#include "runtime/record/column_buffer.h"
#include "runtime/record/key_hash.h"
#include "runtime/task/frame_reader.h"

namespace penstock::task {
namespace {

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

}  // namespace
}  // namespace penstock::task
