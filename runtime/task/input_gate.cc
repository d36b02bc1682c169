#include "runtime/task/input_gate.h"

#include "runtime/task/node.h"

namespace penstock::task {

using api::Step;
using record::FrameKind;

InputGate::InputGate(std::vector<Input> inputs, std::vector<std::unique_ptr<FrameReader>> readers)
    : inputs_(std::move(inputs)), readers_(std::move(readers)), merge_(inputs_.size()) {}

Step InputGate::take(Node& head) {
  if (settle()) return Step::kProgress;  // Its watermark may have work to do before the next frame.
  for (std::size_t tried = 0; tried < inputs_.size(); ++tried) {
    const std::size_t index = next_;
    next_ = next_ + 1 == inputs_.size() ? 0 : next_ + 1;
    if (inputs_[index].channel->empty()) continue;
    in_hand_ = inputs_[index].channel;
    in_hand_index_ = index;
    on_frame(inputs_[index], index, *in_hand_->front(), head);
    return Step::kProgress;
  }
  return merge_.all_ended() ? Step::kDone : Step::kIdle;
}

void InputGate::on_frame(const Input& input, std::size_t index, record::Frame& frame, Node& head) {
  switch (frame.header.kind) {
    case FrameKind::kData:
      merge_.on_rows(index);
      if (closed_) return;
      if (const record::Rows* rows = input.reader->read(frame)) {
        head.accept(input.input, *rows);
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
    case FrameKind::kEnd:
      merge_.on_end(index);
      return;
    case FrameKind::kBarrier:
    case FrameKind::kDrained:
    case FrameKind::kCredit:
      return;  // Barriers come with checkpoints; credits never get here.
  }
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

void InputGate::close() {
  if (closed_) return;
  closed_ = true;
  for (Input& input : inputs_) input.channel->close();
}

}  // namespace penstock::task
