/// The channel ends of one executor and the way of frames between them: straight to the other end when that is here,
/// through the mailbox when it is on another executor. Marks the task runnable whose channel got something.
/// THREAD: the executor's; wiring before it starts happens on the caller's.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/channel/in_channel.h"
#include "runtime/channel/out_channel.h"
#include "runtime/channel/transport.h"

namespace penstock::worker {

class Switchboard {
 public:
  Switchboard(channel::TransportContext& transport, const std::string& job, int self, int executors);
  ~Switchboard();

  // --- wiring ---
  channel::OutChannel& add_out(channel::ChannelKey key, int receiver_executor, int task);
  channel::InChannel& add_in(channel::ChannelKey key, int sender_executor, int task);

  /// Takes in what has arrived, at most `most` frames. False: a frame did not fit (error() says what), the attempt must
  /// end.
  bool drain(int most);
  /// The inbox was seen empty by the latest drain(): only now does waiting on descriptor() tell of the next frame.
  bool is_drained() const { return drained_; }
  int descriptor() const { return mailbox_.descriptor(); }
  const std::optional<base::Error>& error() const { return error_; }

  std::vector<std::uint8_t>& runnable() { return runnable_; }  ///< Per task; the executor clears what it has run.

 private:
  class LocalRoute;
  class PeerRoute;
  template <class End>
  struct Slot {
    std::unique_ptr<End> end;
    int task = 0;
  };
  channel::FrameRoute& route(int executor);
  void dispatch(record::Frame* frame);
  void dispatch_credit(const record::FrameHeader& header);

  record::FramePool pool_;
  channel::Mailbox mailbox_;
  std::vector<std::unique_ptr<channel::FrameRoute>> routes_;  // By executor.
  std::vector<Slot<channel::OutChannel>> outs_;               // By channel number.
  std::vector<Slot<channel::InChannel>> ins_;
  std::vector<std::uint8_t> runnable_;
  std::optional<base::Error> error_;
  bool drained_ = false;
};

}  // namespace penstock::worker
