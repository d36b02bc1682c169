/// Consumer's side of the channels that lead to a task: takes frames in turn, turns them into rows for the head, merges
/// watermarks, aligns barriers: a channel that has delivered a barrier is not read until all the others have too. A
/// frame is given back only when the head has finished with its rows, so a channel that is not read grants no credit,
/// and what waits for a barrier is bounded. THREAD: the task's executor.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "runtime/api/step.h"
#include "runtime/channel/in_channel.h"
#include "runtime/task/frame_reader.h"
#include "runtime/task/watermark_merge.h"

namespace penstock::task {

class Node;

class InputGate {
 public:
  struct Input {
    channel::InChannel* channel = nullptr;
    int input = 0;                  ///< Position in the consumer's `from` list.
    FrameReader* reader = nullptr;  ///< Shared by the channels of one edge.
  };
  InputGate(std::vector<Input> inputs, std::vector<std::unique_ptr<FrameReader>> readers);

  /// Hands one frame to `head`. kIdle: none is there that may be read. kDone: the same, and no rows will come any more.
  /// Must not be called while the head is still at work on the frame before, nor while aligned().
  api::Step take(Node& head);
  /// The barrier that every channel which has not ended has delivered; until release() nothing behind it is read.
  std::optional<std::uint64_t> aligned() const { return aligned_; }
  void release();
  bool ended() const { return ended_ == inputs_.size(); }  ///< Every channel has had its last frame.

  base::Micros watermark() { return merge_.merged(); }
  void restore_watermark(base::Micros watermark) { merge_.restore(watermark); }
  bool all_idle() const { return merge_.all_idle(); }
  void announce_every_frame();  ///< The senders wait for each.
  void close();                 ///< No more rows are wanted: tell the senders, drop what still comes.

 private:
  bool settle();  ///< Books the frame that the head has finished with, if there is one.
  std::optional<std::size_t> next_with_frame();
  void hold(std::size_t index, std::uint64_t epoch);
  void align();
  void give(int input, const record::Rows& rows, Node& head);
  void give_next(Node& head);
  void on_frame(const Input& input, std::size_t index, record::Frame& frame, Node& head);

  std::vector<Input> inputs_;
  std::vector<std::unique_ptr<FrameReader>> readers_;
  WatermarkMerge merge_;
  std::size_t next_ = 0;
  channel::InChannel* in_hand_ = nullptr;
  std::size_t in_hand_index_ = 0;
  const record::Rows* rows_ = nullptr;  // Of the frame in hand, those from next_row_ on: they are given one by one.
  record::Rows one_;
  std::uint32_t next_row_ = 0;
  std::uint32_t cells_[2] = {};
  bool closed_ = false;
  std::vector<std::uint8_t> held_, gone_;  // Delivered the barrier; ended.
  std::size_t waiting_ = 0, ended_ = 0;    // How many of each.
  std::uint64_t epoch_ = 0;                // Of the barrier that is being aligned.
  std::optional<std::uint64_t> aligned_;
};

}  // namespace penstock::task
