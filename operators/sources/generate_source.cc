#include "operators/sources/generate_source.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "runtime/base/limits.h"

namespace penstock::operators {
namespace {

const record::Schema& input_schema(bool with_due) {
  static const record::Schema both{{{"i", {record::Kind::kInt64, record::Kind::kNull}, false},
                                    {"due", {record::Kind::kTimestamp, record::Kind::kNull}, false}}};
  static const record::Schema index_only{{both.fields.front()}};
  return with_due ? both : index_only;
}

std::string name_of(std::int64_t lane) { return (lane < 10 ? "lane-0" : "lane-") + std::to_string(lane); }

}  // namespace

GenerateSource::GenerateSource(const api::NodeSpec& spec, expression::Program program)
    : schema_(spec.node.schema), rate_(spec.node.params.number("rate")), program_(std::move(program)) {
  if (spec.node.params.has("count")) count_ = spec.node.params.integer("count");
  for (std::int64_t lane = spec.place.index; lane < kLanes; lane += spec.place.count) lanes_.push_back(lane);
  index_cells_.resize(base::kRunRows);
  due_cells_.resize(rate_ > 0 ? base::kRunRows : 0);
}

base::Result<void> GenerateSource::open(api::SourceContext& context) {
  for (const std::int64_t lane : lanes_) partitions_.push_back(context.add_partition(name_of(lane), true));
  if (auto restored = restore(context); !restored) return restored;
  context.partitions_complete();
  return {};
}

base::Result<void> GenerateSource::restore(api::SourceContext& context) {
  std::vector<base::Micros> starts;
  for (const std::int64_t lane : lanes_) {
    const auto position = context.restored_position(name_of(lane));
    next_.push_back(lane);
    starts.push_back(context.now());
    if (!position) continue;
    std::istringstream text{std::string(*position)};
    if (!(text >> next_.back() >> starts.back()) || next_.back() % kLanes != lane)
      return base::fail("checkpoint_damaged", "what the checkpoint holds of " + name_of(lane) + " is no index of it",
                        name_of(lane), base::Origin::kEnvironment);
    round_ = std::max(round_, next_.back() / kLanes);
  }
  position_ = round_ * static_cast<std::int64_t>(lanes_.size());
  set_starts(std::move(starts));
  return {};
}

void GenerateSource::set_starts(std::vector<base::Micros> starts) {
  for (const base::Micros start : starts) start_ = std::max(start_, start);
  const auto is_latest = [&](base::Micros start) { return start == start_; };
  if (!std::all_of(starts.begin(), starts.end(), is_latest)) starts_ = std::move(starts);
}

std::string GenerateSource::position(api::PartitionId partition) const {
  const auto lane =
      static_cast<std::size_t>(std::find(partitions_.begin(), partitions_.end(), partition) - partitions_.begin());
  return std::to_string(next_of_lane(lane)) + " " + std::to_string(start_of(lane));
}

std::int64_t GenerateSource::next_of_lane(std::size_t lane) const {
  if (!next_.empty()) return next_[lane];
  const auto lanes = static_cast<std::int64_t>(lanes_.size());
  const bool has_had_its_turn = static_cast<std::int64_t>(lane) < position_ % lanes;
  return (position_ / lanes + (has_had_its_turn ? 1 : 0)) * kLanes + lanes_[lane];
}

bool GenerateSource::is_behind(std::size_t lane) const {
  return next_[lane] / kLanes < round_ && (!count_ || next_[lane] < *count_);
}

std::int64_t GenerateSource::index_at(std::int64_t position) const {
  const auto lanes = static_cast<std::int64_t>(lanes_.size());
  return position / lanes * kLanes + lanes_[static_cast<std::size_t>(position % lanes)];
}

std::int64_t GenerateSource::positions_below(std::int64_t index) const {
  const auto below = std::lower_bound(lanes_.begin(), lanes_.end(), index % kLanes) - lanes_.begin();
  return index / kLanes * static_cast<std::int64_t>(lanes_.size()) + below;
}

base::Micros GenerateSource::due(std::int64_t index, base::Micros start) const {
  return start + static_cast<base::Micros>(std::ceil(static_cast<double>(index) * 1e6 / rate_));
}

/// Of all indices.
std::int64_t GenerateSource::first_not_due(base::Micros now, base::Micros start) const {
  if (now < start) return 0;
  auto index = static_cast<std::int64_t>(static_cast<double>(now - start) * rate_ / 1e6);
  while (due(index, start) <= now) ++index;  // Rounding may have left out the last one.
  while (index > 0 && due(index - 1, start) > now) --index;
  return index;
}

api::Step GenerateSource::read(api::PartitionId, std::uint32_t max_rows, api::SourceContext& context) {
  if (!next_.empty()) return catch_up(max_rows, context);
  std::int64_t rows = std::min(max_rows, base::kRunRows);
  if (count_) {
    const std::int64_t left = positions_below(*count_) - position_;
    if (left <= 0) return api::Step::kDone;
    rows = std::min(rows, left);
  }
  if (rate_ > 0) {
    rows = std::min(rows, positions_below(first_not_due(context.now(), start_)) - position_);
    if (rows <= 0) {
      context.wake_at(due(index_at(position_), start_));
      return api::Step::kIdle;
    }
  }
  if (rows > 0) emit(static_cast<std::uint32_t>(rows), context);
  return is_caught_up(context) ? api::Step::kIdle : api::Step::kProgress;
}

api::Step GenerateSource::catch_up(std::uint32_t max_rows, api::SourceContext& context) {
  std::size_t lane = 0;
  while (lane < next_.size() && !is_behind(lane)) ++lane;
  if (lane == next_.size()) {
    next_.clear();
    return api::Step::kProgress;
  }
  std::int64_t& next = next_[lane];
  std::int64_t end = round_ * kLanes;
  if (count_) end = std::min(end, *count_);
  if (rate_ > 0) end = std::min(end, first_not_due(context.now(), start_of(lane)));
  const std::int64_t left = (end - next + kLanes - 1) / kLanes;
  if (end <= next) {
    context.wake_at(due(next, start_of(lane)));
    return api::Step::kIdle;
  }
  const auto rows = static_cast<std::uint32_t>(std::min<std::int64_t>(left, std::min(max_rows, base::kRunRows)));
  fill_lane(lane, rows);
  std::uint32_t used = 0;
  const record::Rows run = compute(rows, used, context);
  next += used * kLanes;
  if (run.count > 0) context.emit_from(partitions_[lane], run, index_cells_.data());
  return api::Step::kProgress;
}

void GenerateSource::fill_lane(std::size_t lane, std::uint32_t rows) {
  const base::Micros start = start_of(lane);
  for (std::uint32_t row = 0; row < rows; ++row) index_cells_[row] = next_[lane] + row * kLanes;
  for (std::uint32_t row = 0; row < rows && rate_ > 0; ++row) due_cells_[row] = due(index_cells_[row], start);
}

/// Of all lanes in turn.
void GenerateSource::fill_due(std::uint32_t rows) {
  if (starts_.empty()) {
    for (std::uint32_t row = 0; row < rows; ++row) due_cells_[row] = due(index_cells_[row], start_);
    return;
  }
  std::size_t lane = static_cast<std::size_t>(position_) % lanes_.size();
  for (std::uint32_t row = 0; row < rows; ++row) {
    due_cells_[row] = due(index_cells_[row], starts_[lane]);
    if (++lane == lanes_.size()) lane = 0;
  }
}

/// With a rate: all rows that are due have been made, and the next one's timer is set.
bool GenerateSource::is_caught_up(api::SourceContext& context) const {
  if (rate_ <= 0 || (count_ && positions_below(*count_) <= position_)) return false;
  const base::Micros next = due(index_at(position_), start_);
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
  if (rate_ > 0) fill_due(rows);
}

record::Rows GenerateSource::compute(std::uint32_t rows, std::uint32_t& used, api::SourceContext& context) {
  const record::Schema& input = input_schema(rate_ > 0);
  input_columns_ = {
      record::Column{input[0].type, index_cells_.data(), nullptr, nullptr},
      record::Column{{record::Kind::kTimestamp, record::Kind::kNull}, due_cells_.data(), nullptr, nullptr}};
  record::Rows run;
  run.schema = &input;
  run.count = rows;
  run.columns = std::span(input_columns_).first(input.fields.size());
  run.columns = program_.run(run, context.now());
  run.schema = &schema_;
  used = rows;
  if (const auto faults = program_.faults(); !faults.empty()) {
    const expression::RowFault& fault = faults.front();
    run.count = fault.row;
    used = fault.row + 1;
    const std::int64_t index = index_cells_[fault.row];
    context.input_failed(name_of(index % kLanes), index, "i = " + std::to_string(index), fault.code, fault.message);
  }
  return run;
}

void GenerateSource::emit(std::uint32_t rows, api::SourceContext& context) {
  fill_input(rows);
  const std::size_t first = static_cast<std::size_t>(position_) % lanes_.size();
  std::uint32_t used = 0;
  const record::Rows run = compute(rows, used, context);
  position_ += used;
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
