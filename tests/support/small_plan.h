/// Small plans and parts made by hand, so that tests of the engine need neither the loader nor the real operators.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/api/registry.h"
#include "runtime/base/limits.h"
#include "runtime/record/column_buffer.h"

namespace penstock::support {

/// What the test sets and reads, shared by all instances of FakeNumbers and FakeCollect of one job.
struct SmallWorld {
  std::int64_t count = 1000;             ///< Numbers 0..count-1, spread over the source's tasks; -1: endless.
  std::int64_t fail_at = -1;             ///< This number's record is bad input.
  std::atomic<bool> sink_corked{false};  ///< The sink takes nothing (and is woken when it is uncorked).
  std::atomic<std::int64_t> read{0};
  std::mutex mutex;
  std::vector<std::int64_t> collected;
  std::vector<std::shared_ptr<api::Waker>> sink_wakers;
  std::atomic<int> finished{0}, aborted{0};
  void uncork() {
    sink_corked = false;
    const std::lock_guard lock(mutex);
    for (auto& waker : sink_wakers) waker->wake();
  }
};

class FakeNumbers final : public api::Source {
 public:
  FakeNumbers(SmallWorld& world, const api::NodeSpec& spec)
      : world_(world), next_(spec.place.index), stride_(spec.place.count), buffer_(spec.node.schema) {}
  base::Result<void> open(api::SourceContext& context) override {
    partition_ = context.add_partition("numbers-" + std::to_string(next_), true);
    context.partitions_complete();
    return {};
  }
  api::Step read(api::PartitionId, std::uint32_t max_rows, api::SourceContext& context) override {
    buffer_.clear();
    offsets_.clear();
    while (buffer_.size() < max_rows && (world_.count < 0 || next_ < world_.count)) {
      if (next_ == world_.fail_at) {
        context.input_failed("numbers", next_, "garbage", "bad_number", "not a number");
      } else {
        buffer_[0].append_int(next_);
        offsets_.push_back(next_);
      }
      next_ += stride_;
    }
    const record::Rows rows = buffer_.rows();
    world_.read += rows.count;
    context.emit_from(partition_, rows, offsets_.data());
    return world_.count >= 0 && next_ >= world_.count ? api::Step::kDone : api::Step::kProgress;
  }

 private:
  SmallWorld& world_;
  std::int64_t next_, stride_;
  api::PartitionId partition_ = 0;
  record::RowsBuffer buffer_;
  std::vector<std::int64_t> offsets_;
};

class FakeCollect final : public api::Sink {
 public:
  explicit FakeCollect(SmallWorld& world) : world_(world) {}
  base::Result<void> open(api::Context& context) override {
    const std::lock_guard lock(world_.mutex);
    world_.sink_wakers.push_back(context.waker());
    return {};
  }
  api::Step write(const record::Rows& rows, api::Context& context) override {
    waiting_ = &rows;
    return resume(context);
  }
  api::Step resume(api::Context& context) override {
    if (world_.sink_corked) return api::Step::kBlocked;
    if (waiting_ != nullptr) {
      const std::lock_guard lock(world_.mutex);
      for (std::uint32_t row = 0; row < waiting_->count; ++row)
        world_.collected.push_back(waiting_->columns[0].cells<std::int64_t>()[waiting_->cell(row)]);
      context.counters().passed.add(waiting_->count);
      waiting_ = nullptr;
    }
    return api::Step::kDone;
  }
  api::Step finish(api::Context&) override {
    ++world_.finished;
    return api::Step::kDone;
  }
  void abort() override { ++world_.aborted; }

 private:
  SmallWorld& world_;
  const record::Rows* waiting_ = nullptr;
};

/// Passes the first `count` rows on and wants no more.
class FakeLimit final : public api::Operator {
 public:
  explicit FakeLimit(std::int64_t count) : left_(count) {}
  api::Step process(int, const record::Rows& rows, api::Context& context) override {
    out_ = rows;
    out_.count = static_cast<std::uint32_t>(std::min<std::int64_t>(left_, rows.count));
    left_ -= out_.count;
    context.counters().passed.add(out_.count);
    context.counters().filtered.add(rows.count - out_.count);
    context.emit(topology::kMainPort, out_);
    if (left_ == 0) context.no_more_input();
    return api::Step::kDone;
  }

 private:
  std::int64_t left_;
  record::Rows out_;
};

inline api::Registry small_registry(SmallWorld& world) {
  api::Registry registry;
  registry.sources["numbers"] = [&world](const api::NodeSpec& spec) -> base::Result<std::unique_ptr<api::Source>> {
    return std::make_unique<FakeNumbers>(world, spec);
  };
  registry.sinks["collect"] = [&world](const api::NodeSpec&) -> base::Result<std::unique_ptr<api::Sink>> {
    return std::make_unique<FakeCollect>(world);
  };
  registry.operators["limit"] = [](const api::NodeSpec& spec) -> base::Result<std::unique_ptr<api::Operator>> {
    return std::make_unique<FakeLimit>(spec.node.params.integer("count"));
  };
  return registry;
}

inline record::Schema number_schema() { return {{{"n", {record::Kind::kInt64}, true}}}; }

inline topology::PlanNode small_node(std::string name, topology::NodeKind kind, std::string verb, int parallelism) {
  topology::PlanNode node;
  node.name = std::move(name);
  node.kind = kind;
  node.verb = std::move(verb);
  node.parallelism = parallelism;
  node.schema = number_schema();
  if (kind != topology::NodeKind::kSink)
    node.ports.push_back({topology::kMainPort, node.name, number_schema(), false, false});
  return node;
}

/// numbers -> collect over a channel that is partitioned as said.
inline topology::Plan small_plan(int sources, int sinks, topology::Partitioning partitioning) {
  topology::Plan plan;
  plan.name = "small";
  plan.nodes.push_back(small_node("numbers", topology::NodeKind::kSource, "numbers", sources));
  plan.nodes.push_back(small_node("collect", topology::NodeKind::kSink, "collect", sinks));
  topology::PlanEdge edge;
  edge.to = 1;
  edge.partitioning = partitioning;
  if (partitioning == topology::Partitioning::kHash) edge.key = {0};
  plan.edges.push_back(edge);
  plan.chains = {{{0}, sources}, {{1}, sinks}};
  return plan;
}

}  // namespace penstock::support
