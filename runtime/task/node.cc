#include "runtime/task/node.h"

#include <fmt/format.h>

#include "runtime/base/check.h"
#include "runtime/task/chain.h"
#include "runtime/task/row_text.h"
#include "runtime/task/saved_counts.h"
#include "runtime/task/source_head.h"

namespace penstock::task {

namespace {
constexpr std::string_view kRowTooLarge = "row_too_large";
constexpr std::size_t kShown = 4096;  // A megabyte of garbage helps nobody.

std::string shown_row(const record::Rows& rows, std::uint32_t row, std::string_view code) {
  return code == kRowTooLarge ? as_utf8(row_as_text(rows, row, kShown)) : row_as_text(rows, row);
}
}  // namespace

Node::Node(const topology::PlanNode& plan, Chain& chain, std::size_t index)
    : plan_(&plan), chain_(&chain), index_(index), letter_schema_(topology::error_schema()) {}

base::Result<void> Node::open() {
  spent_ = chain_->restored() != nullptr && chain_->restored()->spent.contains(plan_->name);
  if (const api::Restored* before = restored()) restore_counts(*before, counters_, errors_by_code_);
  return operator_->open(*this);
}

void Node::save(TaskImage& image) {
  NodeImage& own = image.nodes.emplace_back();
  own.node = plan_->name;
  own.flushed = image.flushed || spent_;
  operator_->save(own.parts);
  save_counts(counters_, errors_by_code_, own.parts);
  if (sink_ == nullptr) return;
  if (auto job = sink_->stage(image.epoch, own.parts, *this)) image.jobs.push_back(std::move(job));
}

api::StateStore& Node::state() { return chain_->state()->store_of(plan_->name); }

const api::Restored* Node::restored() const {
  if (chain_->restored() == nullptr) return nullptr;
  const auto at = chain_->restored()->nodes.find(plan_->name);
  return at == chain_->restored()->nodes.end() ? nullptr : &at->second;
}

bool Node::goes_on() const { return chain_->restored() != nullptr; }

const api::RunIdentity& Node::run() const { return chain_->run(); }
std::string Node::journal_directory() const { return chain_->journals(); }

void Node::accept(int input, const record::Rows& rows) {
  counters_.rows_in.add(rows.count);
  if (chain_->is_over()) return counters_.dropped.add(rows.count);
  at_work_ = &rows;
  const base::AtWork at(chain_->mark(), index_);
  after_call(operator_->process(input, rows, *this));
}

void Node::after_call(api::Step step) {
  if (cut_) chain_->set_over();
  if (step == api::Step::kBlocked || step == api::Step::kProgress)
    chain_->set_pending(index_);
  else
    at_work_ = nullptr;
  if (!letters_sent_) emit_dead_letters();
}

bool Node::saturated() const {
  if (!wants_more_) return true;
  if (targets_.empty()) return false;
  for (const auto& [port, target] : targets_)
    if (target.child != nullptr ? !target.child->saturated() : !target.edge->closed()) return false;
  return true;
}

void Node::emit(int port, const record::Rows& all) {
  if (all.count == 0 || chain_->is_over() || chain_->has_fault()) return;
  const record::Rows* front = cut_ ? cut_->before(all) : &all;
  if (front == nullptr) return;
  const record::Rows& rows = *front;
  if (port != topology::kLatePort) counters_.rows_out.add(rows.count);
  for (auto& [target_port, target] : targets_) {
    if (target_port != port) continue;
    if (target.child != nullptr)
      target.child->accept(target.input, rows);
    else if (const auto refused = target.edge->write(rows); !refused.empty())
      refuse(rows, refused);
  }
}

/// What was passed or absorbed before has become an error.
void Node::refuse(const record::Rows& rows, std::span<const std::uint32_t> refused) {
  for (const std::uint32_t row : refused) {
    row_failed(rows, row, kRowTooLarge, "a row of over 256 MB cannot be sent to another task");
    api::Counter& counted = counters_.passed.get() > 0 ? counters_.passed : counters_.absorbed;
    if (counted.get() > 0) counted.add(~std::uint64_t{0});  // Less one.
  }
}

bool Node::is_held() const { return chain_->any_pending(); }
base::WorkMark& Node::mark() { return chain_->mark(); }
bool Node::one_at_a_time() const { return chain_->one_at_a_time(); }
std::uint32_t Node::most_rows() const { return chain_->most_rows(); }
void Node::run_was_read(std::uint64_t rows) { chain_->run_was_read(rows); }
bool Node::is_over() const { return chain_->is_over(); }
bool Node::ready() const { return chain_->may_emit(index_); }

bool Node::wanted(int port) const {
  for (const auto& [target_port, target] : targets_)
    if (target_port == port) return true;
  return false;
}

void Node::count_error(std::string_view code) {
  counters_.errors.add(1);
  ++errors_by_code_[std::string(code)];
}

bool Node::drops_after_failure() {
  if (plan_->on_error != topology::OnError::kFail || !chain_->is_failing()) return false;
  counters_.dropped.add(1);
  return true;
}

void Node::cut_at(const record::Rows& rows, std::uint32_t row) {
  const auto cut = [&] {
    if (source_ != nullptr)
      return FailureCut::at_offset(rows.origin->offset != nullptr ? rows.origin->offset[rows.cell(row)] : 0);
    return at_work_ != nullptr ? FailureCut::at_row(*at_work_, rows, row) : FailureCut::at_once();
  };
  chain_->set_failing();
  cut_ ? cut_->move_up_to(cut()) : void(cut_.emplace(cut()));
}

void Node::row_failed(const record::Rows& rows, std::uint32_t row, std::string_view code, std::string_view message) {
  if (drops_after_failure()) return cut_at(rows, row);
  count_error(code);
  if (plan_->on_error == topology::OnError::kSkip) return;
  const Provenance from = trace(rows, row);
  if (plan_->on_error == topology::OnError::kDeadLetter)
    return dead_letter(shown_row(rows, row, code), code, message, from.source, from.partition, from.offset);
  cut_at(rows, row);
  std::string where = from.source.empty() ? "" : fmt::format("{}, {} at {}", from.source, from.partition, from.offset);
  fail({std::string(code), fmt::format("{}: {}; the row is {}", plan_->name, message, shown_row(rows, row, code)),
        base::Origin::kUser, false, std::move(where)});
}

void Node::input_failed(std::string_view partition, std::int64_t offset, std::string_view raw, std::string_view code,
                        std::string_view message) {
  counters_.rows_in.add(1);
  if (drops_after_failure()) return;
  count_error(code);
  if (plan_->on_error == topology::OnError::kSkip) return;
  const std::string_view shown = raw.substr(0, kShown);
  if (plan_->on_error == topology::OnError::kDeadLetter)
    return dead_letter(as_utf8(shown), code, message, plan_->name, partition, offset);
  chain_->set_failing();
  cut_ = FailureCut::at_offset(offset);
  fail({std::string(code), fmt::format("{}: {}; the record is {}", plan_->name, message, as_utf8(shown.substr(0, 200))),
        base::Origin::kUser, false, fmt::format("{} at byte {}", partition, offset)});
}

void Node::dead_letter(const std::string& row, std::string_view code, std::string_view message, std::string_view source,
                       std::string_view partition, std::int64_t offset) {
  if (!wanted(topology::kErrorsPort)) return;
  if (!letters_) letters_ = std::make_unique<record::RowsBuffer>(letter_schema_);
  record::RowsBuffer& letters = *letters_;
  if (letters_sent_) letters.clear();
  letters_sent_ = false;
  letters[0].append_int(now());
  int field = 1;
  for (const std::string_view text : {std::string_view(plan_->name), code, message, source, partition}) {
    if (text.empty())
      letters[field].append_null();
    else
      letters[field].append_text(letters.arena().copy(text));
    ++field;
  }
  if (offset < 0)
    letters[6].append_null();
  else
    letters[6].append_int(offset);
  letters[7].append_text(letters.arena().copy(row));
}

void Node::emit_dead_letters() {
  letters_sent_ = true;
  letter_rows_ = letters_->rows();
  for (auto& [port, target] : targets_) {
    if (port != topology::kErrorsPort) continue;
    if (target.child != nullptr)
      target.child->accept(target.input, letter_rows_);
    else
      target.edge->write(letter_rows_);
  }
}

void Node::fail(base::Error error) { chain_->services().fail(std::move(error)); }
bool Node::stopping() const { return chain_->services().stopping(); }
base::Micros Node::now() const { return chain_->services().now(); }
void Node::watch(int descriptor, bool for_write) {
  chain_->services().watch(chain_->id(), index_, descriptor, for_write);
}
void Node::unwatch(int descriptor) { chain_->services().unwatch(chain_->id(), index_, descriptor); }
std::shared_ptr<api::Waker> Node::waker() { return chain_->services().waker(chain_->id()); }
void Node::run_blocking(std::function<void()> job) { chain_->services().run_blocking(std::move(job), waker()); }

api::PartitionId Node::add_partition(std::string_view name, bool bounded) {
  return source_->add_partition(name, bounded);
}
std::optional<std::string_view> Node::restored_position(std::string_view name) const {
  return source_->restored_position(name);
}
std::vector<std::string_view> Node::restored_partitions() const { return source_->restored_partitions(); }
void Node::emit_from(api::PartitionId partition, const record::Rows& rows, const std::int64_t* offset) {
  const api::PartitionId lane[] = {partition};
  source_->emit(lane, 0, rows, offset);
}
void Node::emit_lanes(std::span<const api::PartitionId> lanes, std::size_t first, const record::Rows& rows,
                      const std::int64_t* offset) {
  source_->emit(lanes, first, rows, offset);
}
void Node::partitions_complete() { source_->partitions_complete(); }

}  // namespace penstock::task
