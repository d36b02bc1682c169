/// Consumer's side of the channels that lead to a task: takes frames in turn, turns them into rows for the head, merges
/// watermarks. A frame is given back only when the head has finished with its rows. THREAD: the task's executor.
#pragma once

#include <memory>
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

  /// Hands one frame to `head`. kIdle: none is there. kDone: every channel has ended. Must not be called while the head
  /// is still at work on the frame before.
  api::Step take(Node& head);
  base::Micros watermark() { return merge_.merged(); }
  bool all_idle() const { return merge_.all_idle(); }
  void close();  ///< No more rows are wanted: tell the senders, drop what still comes.

 private:
  bool settle();  ///< Books the frame that the head has finished with, if there is one.
  void on_frame(const Input& input, std::size_t index, record::Frame& frame, Node& head);

  std::vector<Input> inputs_;
  std::vector<std::unique_ptr<FrameReader>> readers_;
  WatermarkMerge merge_;
  std::size_t next_ = 0;
  channel::InChannel* in_hand_ = nullptr;
  std::size_t in_hand_index_ = 0;
  bool closed_ = false;
};

}  // namespace penstock::task
