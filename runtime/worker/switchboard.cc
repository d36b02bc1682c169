#include "runtime/worker/switchboard.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/worker/frame_faults.h"

namespace penstock::worker {

using record::Frame;
using record::FrameKind;

class Switchboard::LocalRoute final : public channel::FrameRoute {
 public:
  explicit LocalRoute(Switchboard& board) : board_(&board) {}
  void deliver(Frame* frame) override { board_->dispatch(frame); }

 private:
  Switchboard* board_;
};

class Switchboard::PeerRoute final : public channel::FrameRoute {
 public:
  PeerRoute(channel::Mailbox& mailbox, int peer) : mailbox_(&mailbox), peer_(peer) {}
  void deliver(Frame* frame) override { mailbox_->send(peer_, frame); }

 private:
  channel::Mailbox* mailbox_;
  int peer_;
};

Switchboard::Switchboard(channel::TransportContext& transport, const std::string& name, RunKey run, int self,
                         channel::ExecutorRange range)
    : run_(run), range_(range), mailbox_(transport, name, self, range), inboxes_{mailbox_.descriptor()} {
  for (int executor = 0; executor < range.total; ++executor) {
    if (executor == self)
      routes_.push_back(std::make_unique<LocalRoute>(*this));
    else
      routes_.push_back(std::make_unique<PeerRoute>(mailbox_, executor));
  }
}

Switchboard::~Switchboard() = default;

base::Result<std::string> Switchboard::listen(const std::string& address, const channel::InboxSecurity& security) {
  auto bound = mailbox_.listen(address, security);
  if (!bound) return bound;
  if (range_.count == 1) inboxes_.clear();  // Nobody of this process sends here.
  inboxes_.push_back(mailbox_.remote_descriptor());
  return bound;
}

channel::FrameRoute& Switchboard::route(int executor) { return *routes_[static_cast<std::size_t>(executor)]; }

channel::OutChannel& Switchboard::add_out(std::uint32_t channel, int receiver_executor, int task,
                                          std::uint64_t window) {
  if (outs_.size() <= channel) outs_.resize(channel + 1);
  const channel::ChannelKey key{run_.job, run_.attempt, channel, is_remote(receiver_executor)};
  outs_[channel] = {std::make_unique<channel::OutChannel>(key, pool_, route(receiver_executor), window), task,
                    receiver_executor};
  return *outs_[channel].end;
}

channel::InChannel& Switchboard::add_in(std::uint32_t channel, int sender_executor, int task, std::uint64_t window) {
  if (ins_.size() <= channel) ins_.resize(channel + 1);
  const channel::ChannelKey key{run_.job, run_.attempt, channel, is_remote(sender_executor)};
  ins_[channel] = {std::make_unique<channel::InChannel>(key, pool_, route(sender_executor), window), task,
                   sender_executor};
  return *ins_[channel].end;
}

std::vector<int> Switchboard::remote_peers() const {
  std::vector<int> peers;
  const auto note = [&](const auto&, int peer) {
    if (is_remote(peer)) peers.push_back(peer);
  };
  for_each_in(note);
  for_each_out(note);
  std::sort(peers.begin(), peers.end());
  peers.erase(std::unique(peers.begin(), peers.end()), peers.end());
  return peers;
}

bool Switchboard::drain(int most) {
  drained_ = false;
  for (int taken = 0; taken < most && !drained_; ++taken) {
    if (Frame* frame = mailbox_.receive(arrivals_))
      dispatch(frame);
    else
      drained_ = true;
  }
  if (const auto fault = mailbox_.take_fault()) broken(not_a_frame(*fault));
  if (mailbox_.holds_refused()) mailbox_.flush();
  return !error_.has_value();
}

void Switchboard::broken(base::Error error) {
  broken_.store(broken_frames() + 1, std::memory_order_relaxed);
  if (!error_) error_ = std::move(error);
}

/// Sockets live as long as an attempt, but a peer that has not heard of its end may still send to a port that is in use
/// again.
bool Switchboard::belongs_here(const record::FrameHeader& header) {
  if (header.job == run_.job && header.attempt == run_.attempt) return true;
  if (header.job == run_.job && header.attempt > run_.attempt)
    broken(frame_of_the_future(header));
  else
    refused_.store(refused_frames() + 1, std::memory_order_relaxed);
  return false;
}

void Switchboard::dispatch_credit(const record::FrameHeader& header) {
  if (header.channel >= outs_.size() || outs_[header.channel].end == nullptr) return broken(unknown_channel(header));
  auto& slot = outs_[header.channel];
  if (auto fine = slot.end->on_credit(header); !fine) broken(fine.error());
  runnable_[static_cast<std::size_t>(slot.task)] = 1;
}

void Switchboard::dispatch(Frame* frame) {
  const record::FrameHeader header = frame->header;
  if (!belongs_here(header)) return record::FramePool::give_back(frame);
  if (header.kind == FrameKind::kCredit) {
    record::FramePool::give_back(frame);
    return dispatch_credit(header);
  }
  if (header.channel >= ins_.size() || ins_[header.channel].end == nullptr) {
    record::FramePool::give_back(frame);
    return broken(unknown_channel(header));
  }
  auto& slot = ins_[header.channel];
  if (const auto fault = slot.end->arrive(frame)) {
    record::FramePool::give_back(frame);
    return broken(out_of_sequence(*fault, header));
  }
  runnable_[static_cast<std::size_t>(slot.task)] = 1;
}

}  // namespace penstock::worker
