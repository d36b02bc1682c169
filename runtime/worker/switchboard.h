/// The channel ends of one executor and the way of frames between them: straight to the other end when that is here,
/// through the mailbox when it is on another executor, of this process or of another. Marks the task runnable whose
/// channel got something.
/// THREAD: the executor's; wiring before it starts happens on the caller's, shown_...() may be asked from any.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/channel/in_channel.h"
#include "runtime/channel/out_channel.h"
#include "runtime/channel/transport.h"

namespace penstock::worker {

/// Which run of which job all frames of a switchboard belong to.
struct RunKey {
  std::uint32_t job = 0;
  std::uint32_t attempt = 1;
};

class Switchboard {
 public:
  /// `name`: unique in the process.
  Switchboard(channel::TransportContext& transport, const std::string& name, RunKey run, int self,
              channel::ExecutorRange range);
  ~Switchboard();

  // --- wiring ---
  /// `channel` numbers are the job's: the same in every process.
  channel::OutChannel& add_out(std::uint32_t channel, int receiver_executor, int task, std::uint64_t window);
  channel::InChannel& add_in(std::uint32_t channel, int sender_executor, int task, std::uint64_t window);
  channel::Mailbox& mailbox() { return mailbox_; }
  /// The executors of other processes that this one exchanges frames with.
  std::vector<int> remote_peers() const;
  bool is_remote(int executor) const { return !range_.holds(executor); }

  /// Takes in what has arrived, at most `most` frames. False: a frame did not fit (error() says what), the attempt must
  /// end.
  bool drain(int most);
  /// The inboxes were seen empty by the latest drain(): only now does waiting on them tell of the next frame.
  bool is_drained() const { return drained_; }
  std::span<const int> inboxes() const { return inboxes_; }
  base::Result<std::string> listen(
      const std::string& address,
      const channel::InboxSecurity& security = {});  ///< Opens the inbox for other processes.
  const std::optional<base::Error>& error() const { return error_; }

  std::vector<std::uint8_t>& runnable() { return runnable_; }  ///< Per task; the executor clears what it has run.

  template <class Do>
  void for_each_in(Do&& action) const {
    for (const auto& slot : ins_)
      if (slot.end) action(*slot.end, slot.peer);
  }
  template <class Do>
  void for_each_out(Do&& action) const {
    for (const auto& slot : outs_)
      if (slot.end) action(*slot.end, slot.peer);
  }
  channel::InChannel* in(std::uint32_t channel) { return channel < ins_.size() ? ins_[channel].end.get() : nullptr; }
  /// Frames of older attempts, dropped; and frames that ended this one. From any thread.
  std::uint64_t refused_frames() const { return refused_.load(std::memory_order_relaxed); }
  std::uint64_t broken_frames() const { return broken_.load(std::memory_order_relaxed); }

 private:
  class LocalRoute;
  class PeerRoute;
  template <class End>
  struct Slot {
    std::unique_ptr<End> end;
    int task = 0;
    int peer = 0;  // Executor at the other end.
  };
  channel::FrameRoute& route(int executor);
  void dispatch(record::Frame* frame);
  void dispatch_credit(const record::FrameHeader& header);
  bool belongs_here(const record::FrameHeader& header);
  void broken(base::Error error);

  RunKey run_;
  channel::ExecutorRange range_;
  record::FramePool pool_;
  record::SizedFrames arrivals_;  // Of other processes.
  channel::Mailbox mailbox_;
  std::vector<std::unique_ptr<channel::FrameRoute>> routes_;  // By executor.
  std::vector<Slot<channel::OutChannel>> outs_;               // By channel number.
  std::vector<Slot<channel::InChannel>> ins_;
  std::vector<std::uint8_t> runnable_;
  std::vector<int> inboxes_;  // Descriptors.
  std::optional<base::Error> error_;
  std::atomic<std::uint64_t> refused_{0}, broken_{0};
  bool drained_ = false;
};

}  // namespace penstock::worker
