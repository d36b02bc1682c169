#include "runtime/task/chain.h"

#include <algorithm>

#include "runtime/base/failpoint.h"

namespace penstock::task {

using api::Step;

namespace {
constexpr int kGotFurther = 2;  // Checkpoints; what had ended earlier processes lies behind them.
}

void Chain::set_state(std::unique_ptr<state::TaskState> state) {
  state_ = std::move(state);
  snapshots_.set_state(state_.get());
}

Node& Chain::add_node(const topology::PlanNode& plan) {
  nodes_.push_back(std::make_unique<Node>(plan, *this, nodes_.size()));
  pending_.push_back(0);
  return *nodes_.back();
}

base::Result<void> Chain::open() {
  if (state_)
    if (auto opened = state_->open(); !opened) return opened;
  if (restored_) {
    flushed_ = restored_->flushed;
    if (gate_) gate_->restore_watermark(restored_->watermark);
    if (source_) source_->restore(*restored_);
  }
  for (auto& node : nodes_) {
    if (auto opened = node->open(); !opened) return opened;
    if (node->op() != nullptr) run_limit_.add(node->counters().rows_in, node->op()->most_rows());
  }
  has_sink_ = std::any_of(nodes_.begin(), nodes_.end(), [](const auto& node) { return node->sink() != nullptr; });
  if (source_)
    if (auto opened = source_->open(); !opened) return opened;
  if (source_ && nodes_[0]->is_spent()) source_->stop();
  if (gate_ && one_at_a_time_)
    gate_->announce_every_frame();  // To the end: senders may wait for longer than this task.
  base::failpoint(restored_ ? "task.restored.opened" : "task.new.opened");
  restored_.reset();
  return {};
}

/// One at a time: a frame counts as consumed only when its receiver takes the next, which it does when its own outputs
/// have gone through. So what a source has sent is under way until the last task behind it has finished with what came
/// of it.
bool Chain::outputs_ready() const {
  bool ready = true;
  for_each_edge(
      [&](Node&, EdgeWriter& edge) { ready = ready && !(one_at_a_time_ ? edge.under_way() : edge.blocked()); });
  return ready;
}

bool Chain::may_emit(std::size_t node) {
  if constexpr (base::kContrary) {
    dice_ = dice_ * 1664525 + 1013904223;
    if ((dice_ >> 28) < 5) {
      refused_ = true;
      return false;
    }
  }
  for (std::size_t below = node + 1; below < pending_.size(); ++below)
    if (pending_[below] != 0) return false;
  return outputs_ready();
}

Step Chain::step() {
  if (ended_) return Step::kDone;
  if (has_fault()) return held_back();
  const base::Turn turn(*mark_);
  if (!snapshots_.copying()) return go_on();
  snapshots_.copy_some();
  const Step step = go_on();  // Rows go first, but what is to be copied does not wait for them.
  return snapshots_.copying() && step != Step::kDone ? Step::kProgress : step;
}

Step Chain::go_on() {
  if (any_pending_) return resume_pending();
  if (!outputs_ready()) return held_back();
  mark_->on_its_way.store(0, std::memory_order_relaxed);
  if (walk_ == Walk::kNone) start_due_walk();
  if (walk_ != Walk::kNone) {
    // A watermark overtakes what is dropped for a fault, so it stays here.
    while (walk_ != Walk::kNone && !any_pending_ && !has_fault() && outputs_ready()) continue_walk();
    return Step::kProgress;
  }
  return flushed_ ? after_flush() : take_input();
}

Step Chain::held_back() {
  if (source_) source_->on_held_back();
  return Step::kBlocked;
}

/// A sink emits nothing, so it goes on whatever the others wait for: two sinks may wait for each other.
Step Chain::resume_pending() {
  bool waits = false;
  for (std::size_t index = nodes_.size(); index-- > 0;) {
    if (pending_[index] == 0) continue;
    const bool may_go_on = nodes_[index]->sink() != nullptr || (!waits && outputs_ready());
    if (may_go_on && resume(index)) return Step::kProgress;
    waits = true;
  }
  if (waits) return held_back();  // For the outside: credit, a descriptor, a timer.
  any_pending_ = false;
  return Step::kProgress;
}

/// True: headway was made, or the node waits for somebody deeper, who can be resumed.
bool Chain::resume(std::size_t index) {
  Node& node = *nodes_[index];
  pending_[index] = 0;
  refused_ = false;
  node.clear_due();
  const base::AtWork at(*mark_, index);
  const Step step = node.op()->resume(node);
  node.after_call(step);
  if (pending_[index] == 0 || refused_ || step == Step::kProgress) return true;
  if (node.sink() != nullptr) return false;
  return std::find(pending_.begin() + static_cast<std::ptrdiff_t>(index) + 1, pending_.end(), 1) != pending_.end();
}

void Chain::continue_walk() {
  if (walk_at_ > 0 && walk_ == Walk::kWatermark) pass_watermark(*nodes_[walk_at_ - 1]);
  if (walk_at_ == nodes_.size()) return end_of_walk();
  Node& node = *nodes_[walk_at_];
  const std::size_t index = walk_at_++;
  const base::AtWork at(*mark_, index);
  node.after_call(visit(node, index));
}

void Chain::end_of_walk() {
  if (walk_ == Walk::kFlush) flushed_ = true;
  if (walk_ == Walk::kBarrier) take_snapshot();
  walk_ = Walk::kNone;
}

Step Chain::visit(Node& node, std::size_t index) {
  switch (walk_) {
    case Walk::kWatermark: {
      if (index == 0) node.set_watermark(watermark_);
      return node.op()->on_watermark(node.watermark(), node);
    }
    case Walk::kTimer:
      if (!node.due()) return Step::kDone;
      node.clear_due();
      return node.op()->on_timer(node);
    case Walk::kFlush:
      return node.is_spent() ? Step::kDone : node.op()->flush(node);
    case Walk::kBarrier:
      return node.sink() != nullptr ? node.sink()->idle(node) : Step::kDone;
    case Walk::kNone:
      break;
  }
  return Step::kDone;
}

void Chain::pass_watermark(Node& node) {
  if (node.watermark() == base::kNoTime) return;
  const base::Micros out = node.op()->output_watermark(node.watermark());
  for (auto& [port, target] : node.targets()) {
    if (target.child != nullptr)
      target.child->set_watermark(std::max(target.child->watermark(), out));
    else
      target.edge->watermark(out, services_->steady());
  }
}

void Chain::start_due_walk() {
  if (!flushed_) {
    const base::Micros merged = source_ ? source_->watermark() : gate_->watermark();
    if (merged > watermark_) {
      watermark_ = merged;
      return start_walk(Walk::kWatermark);
    }
  }
  publish_due();
  if ((barrier_ = due_barrier())) return start_walk(Walk::kBarrier);
  if (flushed_) return;
  mark_due();
  for (const auto& node : nodes_)
    if (node->due()) return start_walk(Walk::kTimer);
}

/// One snapshot at a time: the barrier behind it waits until the one before has been copied out.
std::optional<std::uint64_t> Chain::due_barrier() {
  if (snapshots_.copying()) return std::nullopt;
  return source_ ? snapshots_.ordered() : gate_->aligned();
}

/// Every sink has written what it holds, and nothing has been taken in since the barrier.
void Chain::take_snapshot() {
  TaskImage image;
  image.epoch = *barrier_;
  image.watermark = watermark_;
  image.flushed = flushed_;
  for (const auto& node : nodes_) node->save(image);
  if (source_) source_->save(image.epoch, image.nodes.front());
  for_each_edge([&](Node&, EdgeWriter& edge) { edge.barrier(image.epoch); });
  if (gate_) gate_->release();
  base::failpoint("task.barrier.passed");
  snapshots_.begin(std::move(image));
}

void Chain::publish_due() {
  snapshots_.look_at_publishing();
  const auto epoch = snapshots_.due_publish();
  if (!epoch) return;
  if (++published_ == kGotFurther) leave_one_at_a_time();
  if (source_) source_->on_published(*epoch);
  std::vector<api::BlockingJob> jobs;
  for (const auto& node : nodes_)
    if (node->sink() != nullptr)
      if (auto job = node->sink()->publish(*epoch, *node)) jobs.push_back(std::move(job));
  snapshots_.publish(*epoch, std::move(jobs));
}

/// Nobody keeps the mark any more that says where the source is.
void Chain::leave_one_at_a_time() {
  one_at_a_time_ = false;
  mark_->read_to.store(base::WorkMark::kUnknown, std::memory_order_relaxed);
}

Step Chain::take_input() {
  if (state_full_) return wait_for_memory();
  if (source_ && nodes_[0]->saturated()) source_->stop();
  if (gate_ && nodes_[0]->saturated()) gate_->close();
  const Step step = source_ ? source_->read() : gate_->take(*nodes_[0]);
  if (step == Step::kDone) {
    start_walk(Walk::kFlush);
    return Step::kProgress;
  }
  if (step == Step::kProgress) {
    sent_idle_ = false;
    if (source_ && source_->caught_up() && walk_ == Walk::kNone) ship();
    return step;
  }
  if ((source_ ? source_->watermark() : gate_->watermark()) > watermark_) return Step::kProgress;
  if (!(source_ ? source_->all_idle() : gate_->all_idle())) return step;
  if (!sent_idle_) {
    sent_idle_ = true;
    for_each_edge([](Node&, EdgeWriter& edge) { edge.idle(); });
  }
  return step;
}

/// Nothing but barriers comes any more, and they do until the last checkpoint is published.
Step Chain::after_flush() {
  if (!drained_) {
    drained_ = true;
    for_each_edge([](Node&, EdgeWriter& edge) { edge.drained(); });
    services_->drained(id_);
    return Step::kProgress;
  }
  if (source_) return may_end_ ? end() : Step::kIdle;
  if (gate_->take(*nodes_[0]) == Step::kProgress) return Step::kProgress;
  return gate_->ended() ? end() : Step::kIdle;
}

Step Chain::end() {
  for_each_edge([](Node&, EdgeWriter& edge) { edge.end(); });
  bool left = false;
  for_each_edge([&](Node&, EdgeWriter& edge) { left = left || edge.blocked(); });
  for (const auto& node : nodes_)  // What the last publish let out (at most once) has to be out.
    if (node->sink() != nullptr) left = node->sink()->idle(*node) == Step::kBlocked || left;
  if (left) return Step::kBlocked;
  ended_ = true;
  return Step::kDone;
}

void Chain::ship() {
  const base::Micros steady = services_->steady();
  for_each_edge([&](Node&, EdgeWriter& edge) {
    edge.ship();
    for (auto* channel : edge.channels()) channel->ship_due(steady);
  });
}

void Chain::look_after_state() {
  state_->tend();
  if (const base::Error* fault = state_->fault()) services_->fail(*fault);
  snapshots_.look_at_writing();
  if (state_->wants_to_write() && !snapshots_.copying() && !snapshots_.writing()) snapshots_.begin_writing();
  // What it waited for may have come to pass just now, with nobody else to wake it.
  const bool was_full = std::exchange(state_full_, state_->is_full());
  if (was_full && !snapshots_.writing()) services_->waker(id_)->wake();
}

/// What has been written by now may leave memory, a little at a time; else the end of the writing wakes this task.
Step Chain::wait_for_memory() {
  const bool gave_up = state_->tend();
  if (has_fault()) return held_back();
  state_full_ = state_->is_full();
  return gave_up || !state_full_ ? Step::kProgress : held_back();
}

void Chain::end_of_turn() {
  if (ended_) return;
  if (state_) look_after_state();
  if (has_fault()) return;  // Nothing that may have come of it goes out.
  ship();
  for (const auto& node : nodes_) node->show();
  if (!has_sink_ || walk_ != Walk::kNone || any_pending_ || flushed_) return;
  for (const auto& node : nodes_)
    if (node->sink() != nullptr) node->after_call(node->sink()->idle(*node));
}

/// Due timers become flags, so that a task that is held back does not count the same timer as news again and again.
void Chain::mark_due() {
  const base::Micros now = services_->now();
  for (const auto& node : nodes_) node->mark_due(now);
  // A source's timer only says that it should be asked again. The clock may pass it within a turn, with no wake
  // between.
  if (source_ && nodes_[0]->due()) {
    nodes_[0]->clear_due();
    source_->on_wake();
  }
}

void Chain::on_clock_set_back() {
  const base::Micros now = services_->now();
  for (const auto& node : nodes_) node->on_clock_set_back(now);
  on_wake();
}

void Chain::on_wake() {
  mark_due();
  if (source_) source_->on_wake();
}

base::Micros Chain::next_timer() const {
  base::Micros next = source_ ? source_->next_timer() : base::kEndOfTime;
  for (const auto& node : nodes_) next = std::min(next, node->timer());
  const base::Micros offset = services_->now() - services_->steady();
  for_each_edge([&](Node&, EdgeWriter& edge) {
    for (auto* channel : edge.channels())
      if (channel->due() != base::kEndOfTime) next = std::min(next, channel->due() + offset);
  });
  return next;
}

void Chain::request_stop() {
  if (source_) source_->stop();
}

void Chain::leave_nothing_for_later() {
  for (auto& node : nodes_)
    if (node->sink() != nullptr) node->sink()->end();
}

void Chain::abort() {
  for (auto& node : nodes_)
    if (node->sink() != nullptr) node->sink()->abort();
}

void Chain::take_sinks(std::vector<std::unique_ptr<api::Sink>>& kept) {
  for (const auto& node : nodes_)
    if (node->sink() != nullptr)
      if (auto sink = node->sink()->take()) kept.push_back(std::move(sink));
}

}  // namespace penstock::task
