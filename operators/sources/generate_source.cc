#include "operators/sources/generate_source.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "runtime/base/limits.h"

namespace penstock::operators {
namespace {

const record::Schema& input_schema(bool with_due) {
  static const record::Schema both{{{"i", {record::Kind::kInt64, record::Kind::kNull}, false},
                                    {"due", {record::Kind::kTimestamp, record::Kind::kNull}, false}}};
  static const record::Schema index_only{{both.fields.front()}};
  return with_due ? both : index_only;
}

}  // namespace

GenerateSource::GenerateSource(const api::NodeSpec& spec, expression::Program program)
    : schema_(spec.node.schema), rate_(spec.node.params.number("rate")), program_(std::move(program)) {
  if (spec.node.params.has("count")) count_ = spec.node.params.integer("count");
  for (std::int64_t lane = spec.place.index; lane < kLanes; lane += spec.place.count) lanes_.push_back(lane);
  index_cells_.resize(base::kRunRows);
  due_cells_.resize(rate_ > 0 ? base::kRunRows : 0);
}

base::Result<void> GenerateSource::open(api::SourceContext& context) {
  for (const std::int64_t lane : lanes_) {
    const std::string number = std::to_string(lane);
    partitions_.push_back(context.add_partition("lane-" + std::string(2 - number.size(), '0') + number, true));
  }
  start_ = context.now();
  context.partitions_complete();
  return {};
}

std::int64_t GenerateSource::index_at(std::int64_t position) const {
  const auto lanes = static_cast<std::int64_t>(lanes_.size());
  return position / lanes * kLanes + lanes_[static_cast<std::size_t>(position % lanes)];
}

std::int64_t GenerateSource::positions_below(std::int64_t index) const {
  const auto below = std::lower_bound(lanes_.begin(), lanes_.end(), index % kLanes) - lanes_.begin();
  return index / kLanes * static_cast<std::int64_t>(lanes_.size()) + below;
}

base::Micros GenerateSource::due(std::int64_t index) const {
  return start_ + static_cast<base::Micros>(std::ceil(static_cast<double>(index) * 1e6 / rate_));
}

/// How many rows of this task are due at `now`.
std::int64_t GenerateSource::due_positions(base::Micros now) const {
  if (now < start_) return 0;
  auto index = static_cast<std::int64_t>(static_cast<double>(now - start_) * rate_ / 1e6);
  while (due(index) <= now) ++index;  // Rounding may have left out the last one.
  while (index > 0 && due(index - 1) > now) --index;
  return positions_below(index);
}

api::Step GenerateSource::read(api::PartitionId, std::uint32_t max_rows, api::SourceContext& context) {
  std::int64_t rows = std::min(max_rows, base::kRunRows);
  if (count_) {
    const std::int64_t left = positions_below(*count_) - position_;
    if (left <= 0) return api::Step::kDone;
    rows = std::min(rows, left);
  }
  if (rate_ > 0) {
    rows = std::min(rows, due_positions(context.now()) - position_);
    if (rows <= 0) {
      context.wake_at(due(index_at(position_)));
      return api::Step::kIdle;
    }
  }
  if (rows > 0) emit(static_cast<std::uint32_t>(rows), context);
  return is_caught_up(context) ? api::Step::kIdle : api::Step::kProgress;
}

/// With a rate: all rows that are due have been made, and the next one's timer is set.
bool GenerateSource::is_caught_up(api::SourceContext& context) const {
  if (rate_ <= 0 || (count_ && positions_below(*count_) <= position_)) return false;
  const base::Micros next = due(index_at(position_));
  if (next <= context.now()) return false;
  context.wake_at(next);
  return true;
}

void GenerateSource::fill_input(std::uint32_t rows) {
  const std::size_t lanes = lanes_.size();
  auto lane = static_cast<std::size_t>(position_) % lanes;
  std::int64_t base = position_ / static_cast<std::int64_t>(lanes) * kLanes;
  if (lanes == kLanes) {
    for (std::uint32_t row = 0; row < rows; ++row) index_cells_[row] = position_ + row;
  } else if (kLanes % lanes == 0 &&
             (lanes == 1 || lanes_[1] - lanes_[0] == kLanes / static_cast<std::int64_t>(lanes))) {
    // The next lane of this task is always as far away, also round the corner.
    std::int64_t next = base + lanes_[lane];
    const auto step = kLanes / static_cast<std::int64_t>(lanes);
    for (std::uint32_t row = 0; row < rows; ++row, next += step) index_cells_[row] = next;
  } else {
    for (std::uint32_t row = 0; row < rows; ++row) {
      index_cells_[row] = base + lanes_[lane];
      if (++lane == lanes) {
        lane = 0;
        base += kLanes;
      }
    }
  }
  for (std::uint32_t row = 0; row < rows && rate_ > 0; ++row) due_cells_[row] = due(index_cells_[row]);
}

void GenerateSource::emit(std::uint32_t rows, api::SourceContext& context) {
  fill_input(rows);
  const record::Schema& input = input_schema(rate_ > 0);
  const std::array<record::Column, 2> columns = {
      record::Column{input[0].type, index_cells_.data(), nullptr, nullptr},
      record::Column{{record::Kind::kTimestamp, record::Kind::kNull}, due_cells_.data(), nullptr, nullptr}};
  record::Rows run;
  run.schema = &input;
  run.count = rows;
  run.columns = std::span(columns).first(input.fields.size());
  run.columns = program_.run(run, context.now());
  run.schema = &schema_;
  const std::size_t first = static_cast<std::size_t>(position_) % lanes_.size();
  if (const auto faults = program_.faults(); !faults.empty()) {
    // The rows before the first bad one now; those behind it in the next run.
    const expression::RowFault& fault = faults.front();
    run.count = fault.row;
    const std::size_t lane = static_cast<std::size_t>(position_ + fault.row) % lanes_.size();
    const std::int64_t index = index_cells_[fault.row];
    const std::string name = "lane-" + std::string(lanes_[lane] < 10 ? "0" : "") + std::to_string(lanes_[lane]);
    context.input_failed(name, index, "i = " + std::to_string(index), fault.code, fault.message);
    ++position_;
  }
  position_ += run.count;
  if (run.count > 0) context.emit_lanes(partitions_, first, run, index_cells_.data());
}

base::Result<std::unique_ptr<api::Source>> make_generate_source(const api::NodeSpec& spec) {
  const auto fields = spec.node.params.get<topology::NamedExprs>("fields");
  std::vector<topology::ExprPtr> outputs;
  for (const record::Field& field : spec.node.schema.fields) {
    const auto named = [&](const auto& candidate) { return candidate.first == field.name; };
    const auto found = std::find_if(fields.begin(), fields.end(), named);
    if (found == fields.end()) return base::fail("generate_field", "generate has no field '" + field.name + "'");
    outputs.push_back(found->second);
  }
  auto program = expression::Program::compile(outputs);
  if (!program) return tl::unexpected(program.error());
  return std::make_unique<GenerateSource>(spec, std::move(*program));
}

}  // namespace penstock::operators
