#include "runtime/task/input_gate.h"

#include <algorithm>

#include "runtime/task/node.h"
#include "runtime/task/row_text.h"

namespace penstock::task {

using api::Step;
using record::FrameKind;

InputGate::InputGate(std::vector<Input> inputs, std::vector<std::unique_ptr<FrameReader>> readers)
    : inputs_(std::move(inputs)),
      readers_(std::move(readers)),
      merge_(inputs_.size()),
      held_(inputs_.size(), 0),
      gone_(inputs_.size(), 0) {}

std::optional<std::size_t> InputGate::next_with_frame() {
  for (std::size_t tried = 0; tried < inputs_.size(); ++tried) {
    const std::size_t index = next_;
    next_ = next_ + 1 == inputs_.size() ? 0 : next_ + 1;
    if (held_[index] == 0 && !inputs_[index].channel->empty()) return index;
  }
  return std::nullopt;
}

Step InputGate::take(Node& head) {
  if (rows_ != nullptr) {
    give_next(head);
    return Step::kProgress;
  }
  if (settle()) return Step::kProgress;  // Its watermark may have work to do before the next frame.
  const auto index = next_with_frame();
  if (!index) return merge_.all_ended() ? Step::kDone : Step::kIdle;
  channel::InChannel& channel = *inputs_[*index].channel;
  record::Frame& frame = *channel.front();
  if (frame.header.kind == FrameKind::kBarrier) {
    hold(*index, static_cast<std::uint64_t>(frame.header.value));
    channel.consumed();
    return Step::kProgress;
  }
  in_hand_ = &channel;
  in_hand_index_ = *index;
  on_frame(inputs_[*index], *index, frame, head);
  return Step::kProgress;
}

/// Epochs ascend on every channel, but a sender that heard late of one that was given up leaves it out: then the others
/// have waited for nothing, and wait for the newer one.
void InputGate::hold(std::size_t index, std::uint64_t epoch) {
  if (epoch < epoch_) return;
  if (epoch > epoch_) release();
  epoch_ = epoch;
  held_[index] = 1;
  ++waiting_;
  align();
}

void InputGate::align() {
  if (waiting_ > 0 && waiting_ + ended_ == inputs_.size()) aligned_ = epoch_;
}

void InputGate::release() {
  aligned_.reset();
  waiting_ = 0;
  std::fill(held_.begin(), held_.end(), std::uint8_t{0});
}

void InputGate::on_frame(const Input& input, std::size_t index, record::Frame& frame, Node& head) {
  switch (frame.header.kind) {
    case FrameKind::kData:
      merge_.on_rows(index);
      if (closed_) return;
      if (const record::Rows* rows = input.reader->read(frame)) {
        give(input.input, *rows, head);
      } else {
        head.fail(
            {"bad_frame", "a frame does not hold the rows its header promises", base::Origin::kInternal, true, {}});
      }
      return;
    case FrameKind::kWatermark:
      return;  // Its value is taken in settle(), as for data frames.
    case FrameKind::kIdle:
      // The latest watermark may not have been sent by itself; it counts before the channel falls silent.
      if (frame.header.value != base::kNoTime) merge_.on_watermark(index, frame.header.value);
      merge_.merged();
      merge_.on_idle(index);
      return;
    case FrameKind::kDrained:
      return merge_.on_end(index);
    case FrameKind::kEnd:
      merge_.on_end(index);
      ended_ += gone_[index] == 0 ? 1 : 0;
      gone_[index] = 1;
      return align();
    case FrameKind::kBarrier:
    case FrameKind::kCredit:
      return;  // Barriers are taken before; credits never get here.
  }
}

void InputGate::give(int input, const record::Rows& rows, Node& head) {
  head.mark().set(base::WorkMark::kRows, base::WorkMark::kUnknown, base::WorkMark::kUnknown, rows.count);
  if (!head.one_at_a_time() || rows.count == 0) return head.accept(input, rows);
  rows_ = &rows;
  next_row_ = 0;
  give_next(head);
}

/// The old value of a row stays together with the new one.
void InputGate::give_next(Node& head) {
  const record::Rows& all = *rows_;
  one_ = all;
  one_.selection = cells_;
  one_.count = 0;
  do {
    cells_[one_.count++] = all.cell(next_row_++);
  } while (one_.count < 2 && next_row_ < all.count && all.change != nullptr &&
           all.change[cells_[0]] == record::Change::kRetract);
  if (next_row_ == all.count) rows_ = nullptr;
  head.mark().set(base::WorkMark::kRows, base::WorkMark::kUnknown, base::WorkMark::kUnknown, one_.count);
  head.mark().set_row(row_as_text(one_, 0, base::WorkMark::kRowBytes));
  head.accept(inputs_[in_hand_index_].input, one_);
}

bool InputGate::settle() {
  if (in_hand_ == nullptr) return false;
  const record::FrameHeader header = in_hand_->front()->header;
  const bool carries = header.kind == FrameKind::kData || header.kind == FrameKind::kWatermark;
  if (carries && header.value != base::kNoTime) merge_.on_watermark(in_hand_index_, header.value);
  in_hand_->consumed();
  in_hand_ = nullptr;
  return true;
}

void InputGate::announce_every_frame() {
  for (Input& input : inputs_) input.channel->announce_every_frame();
}

void InputGate::close() {
  if (closed_) return;
  closed_ = true;
  for (Input& input : inputs_) input.channel->close();
}

}  // namespace penstock::task
