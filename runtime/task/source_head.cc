#include "runtime/task/source_head.h"

#include <algorithm>

#include "runtime/base/check.h"
#include "runtime/task/node.h"
#include "runtime/task/row_text.h"

namespace penstock::task {

using api::Step;

namespace {
constexpr double kMadeUpFor = 100'000;  // Microseconds that a source with a rate may have fallen behind.

const topology::PlanPort& main_port(const topology::PlanNode& plan) {
  const auto at = std::find_if(plan.ports.begin(), plan.ports.end(),
                               [](const topology::PlanPort& port) { return port.port == topology::kMainPort; });
  CHECK(at != plan.ports.end());  // The planner always makes one.
  return *at;
}
}  // namespace

SourceHead::SourceHead(std::unique_ptr<api::Source> source, Node& node, int task_count)
    : source_(std::move(source)),
      node_(&node),
      partitions_(node.plan().event_time ? node.plan().event_time->idle_after : std::nullopt) {
  const topology::PlanNode& plan = node.plan();
  const topology::PlanPort& port = main_port(plan);
  port_schema_ = &port.schema;
  for (const record::Field& field : port.schema.fields) projection_.push_back(plan.schema.index_of(field.name).value());
  columns_.resize(projection_.size());
  if (plan.event_time && port.event_time) assigner_.emplace(plan.event_time->field, plan.event_time->out_of_order);
  if (plan.rate) rate_ = *plan.rate / task_count;
  origin_.source = plan.name;
}

void SourceHead::restore(const RestoredTask& restored) {
  const auto at = restored.partitions.find(node_->plan().name);
  if (at == restored.partitions.end()) return;
  for (const PartitionImage& partition : at->second) former_.emplace(partition.name, &partition);
  merged_ = restored.watermark;
}

base::Result<void> SourceHead::open() {
  auto opened = source_->open(*node_);
  former_.clear();
  return opened;
}

void SourceHead::on_published(std::uint64_t epoch) { source_->on_published(epoch, *node_); }

void SourceHead::save(std::uint64_t epoch, NodeImage& image) {
  source_->on_barrier(epoch);
  source_->save(image.parts);
  for (std::uint32_t id = 0; id < partitions_.size(); ++id) {
    if (partitions_.forgotten(id)) continue;
    const Partition& partition = partitions_[id];
    image.partitions.push_back({partition.name, partition.bounded, partition.watermark, partition.ended, partition.idle,
                                source_->position(id)});
  }
}

api::PartitionId SourceHead::add_partition(std::string_view name, bool bounded) {
  const api::PartitionId id = partitions_.add(name, bounded);
  if (const auto at = former_.find(name); at != former_.end()) {
    partitions_[id].watermark = at->second->watermark;
    partitions_[id].idle = at->second->idle;
    if (at->second->ended) partitions_.on_end(id);
  }
  return id;
}

std::optional<std::string_view> SourceHead::restored_position(std::string_view name) const {
  const auto at = former_.find(name);
  return at == former_.end() ? std::nullopt : std::optional<std::string_view>(at->second->position);
}

std::vector<std::string_view> SourceHead::restored_partitions() const {
  std::vector<std::string_view> names;
  for (const auto& [name, partition] : former_) names.push_back(name);
  return names;
}

void SourceHead::on_wake() {
  rotation_empty_ = false;
  if (lanes_.empty()) partitions_.on_wake();
  timer_ = base::kEndOfTime;
  polled_ = false;
}

std::uint32_t SourceHead::allowance() {
  if (rate_ <= 0) return node_->most_rows();
  const base::Micros now = node_->now();
  if (rate_start_ == 0) rate_start_ = now;
  // Time without rows is not made up for, beyond a little; a clock that was set back is not waited for.
  const double interval = 1e6 / rate_;
  const double next = static_cast<double>(rate_start_ - now) + static_cast<double>(emitted_) * interval;
  if (next < -kMadeUpFor) rate_start_ -= static_cast<base::Micros>(next + kMadeUpFor);
  if (next > interval + 1000) rate_start_ -= static_cast<base::Micros>(next - interval);
  const auto due = static_cast<std::uint64_t>(static_cast<double>(now - rate_start_) * rate_ / 1e6) + 1;
  if (due <= emitted_) {
    timer_ = std::min(timer_, rate_start_ + static_cast<base::Micros>(static_cast<double>(emitted_) / rate_ * 1e6) + 1);
    return 0;
  }
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(due - emitted_, node_->most_rows()));
}

std::optional<api::PartitionId> SourceHead::choose() {
  if (lanes_.empty()) return partitions_.pick();
  if (rotation_empty_ || partitions_[lanes_[0]].ended) return std::nullopt;
  return lanes_[0];
}

Step SourceHead::read() {
  if (stopped_) return Step::kDone;
  if (!polled_) {
    polled_ = true;
    source_->poll(*node_);
  }
  timer_ = base::kEndOfTime;
  paced_ = false;
  // Not only when all are silent: one that always has rows must not keep a silent one from becoming idle.
  if (silence_at_ <= node_->now()) silence_at_ = partitions_.check_idle(node_->now());
  const auto chosen = choose();
  if (!chosen) return rest();
  const std::uint32_t rows = allowance();
  paced_ = rows == 0;
  if (paced_) {
    timer_ = std::min(timer_, silence_at_);
    return Step::kIdle;
  }
  const std::uint64_t before = emitted_;
  mark_partition(*chosen);
  mark_reading();
  const Step step = source_->read(*chosen, rows, *node_);
  node_->run_was_read(emitted_ - before);
  caught_up_ = emitted_ > before && emitted_ - before < rows;
  node_->after_call(Step::kDone);  // Dead letters of the decoder.
  if (step == Step::kProgress) return step;
  settle(step, *chosen);
  return lanes_.empty() || step == Step::kDone || emitted_ > before ? Step::kProgress : rest();
}

/// Nothing can be read now: exhausted, or the earliest time at which silence makes a partition idle.
Step SourceHead::rest() {
  if (complete_ && partitions_.all_ended()) return Step::kDone;
  timer_ = silence_at_ = partitions_.check_idle(node_->now());
  polled_ = false;
  return Step::kIdle;
}

/// What is true of one lane of a rotation is true of all: they are read together.
void SourceHead::settle(Step step, api::PartitionId chosen) {
  if (lanes_.empty()) {
    end_or_wait(step, chosen);
    return;
  }
  rotation_empty_ = step == Step::kIdle;
  if (step == Step::kIdle && !partitions_.watches_idleness()) return;
  for (const api::PartitionId lane : lanes_) end_or_wait(step, lane);
}

void SourceHead::end_or_wait(Step step, api::PartitionId id) {
  if (step == Step::kDone) return partitions_.on_end(id);
  silence_at_ = std::min(silence_at_, partitions_.on_empty(id, node_->now()));
}

base::Micros SourceHead::watermark() {
  if (!assigner_) return base::kNoTime;
  if (const auto least = partitions_.watermark()) merged_ = std::max(merged_, *least);
  return merged_;
}

void SourceHead::mark_partition(api::PartitionId id) {
  if (marked_ == id) return;
  marked_ = id;
  behind_ = base::WorkMark::kUnknown;
  node_->mark().set_partition(partitions_[id].name);
}

void SourceHead::mark_reading() { node_->mark().set(base::WorkMark::kReading, behind_, base::WorkMark::kUnknown, 0); }

void SourceHead::mark_record(std::int64_t offset) {
  base::WorkMark& mark = node_->mark();
  mark.read_to.store(offset, std::memory_order_relaxed);
  mark.on_its_way.store(1, std::memory_order_relaxed);
  if (run_.count > 0) mark.set_row(row_as_text(run_, 0, base::WorkMark::kRowBytes));
}

void SourceHead::set_times(record::Rows& run, std::span<const api::PartitionId> lanes, std::size_t first) {
  const auto bad = assigner_->check(run);
  if (lanes.size() == 1)
    assigner_->assign(run, partitions_[lanes[0]]);
  else
    assigner_->assign_lanes(run, partitions_, lanes, first);
  if (bad.empty()) return;
  for (const auto& row : bad) node_->row_failed(run, row.row, row.code, row.message);
  selection_.clear();
  std::size_t next = 0;
  for (std::uint32_t k = 0; k < run.count; ++k) {
    if (next < bad.size() && bad[next].row == k)
      ++next;
    else
      selection_.push_back(k);
  }
  run.selection = selection_.data();
  run.count = static_cast<std::uint32_t>(selection_.size());
}

void SourceHead::emit(std::span<const api::PartitionId> lanes, std::size_t first, const record::Rows& rows,
                      const std::int64_t* offset) {
  CHECK(rows.selection == nullptr);  // Sources emit dense runs.
  if (rows.count == 0) return;
  emitted_ += rows.count;
  node_->counters().rows_in.add(rows.count);
  if (node_->is_over()) return node_->counters().dropped.add(rows.count);
  if (lanes_.empty() || partitions_.watches_idleness())
    for (const api::PartitionId lane : lanes) partitions_.on_rows(lane);
  if (lanes.size() > 1 && lanes_.empty()) lanes_.assign(lanes.begin(), lanes.end());
  run_ = rows;
  origin_.partition = partitions_[lanes[0]].name;
  origin_.offset = offset;
  run_.origin = &origin_;
  if (assigner_) set_times(run_, lanes, first);
  for (std::size_t i = 0; i < projection_.size(); ++i)
    columns_[i] = rows.columns[static_cast<std::size_t>(projection_[i])];
  run_.schema = port_schema_;
  run_.columns = columns_;
  node_->counters().passed.add(run_.count);
  mark_partition(lanes[0]);
  const std::int64_t last = offset != nullptr ? offset[rows.count - 1] : base::WorkMark::kUnknown;
  node_->mark().set(base::WorkMark::kRows, offset != nullptr ? offset[0] : last, last, rows.count);
  if (node_->one_at_a_time()) mark_record(last);
  node_->emit(topology::kMainPort, run_);
  behind_ = last;
  if (!node_->is_held()) mark_reading();
}

}  // namespace penstock::task
