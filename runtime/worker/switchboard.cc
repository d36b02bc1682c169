#include "runtime/worker/switchboard.h"

#include <fmt/format.h>

#include "runtime/base/check.h"
#include "runtime/base/limits.h"

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

Switchboard::Switchboard(channel::TransportContext& transport, const std::string& job, int self, int executors)
    : mailbox_(transport, job, self, executors) {
  for (int executor = 0; executor < executors; ++executor) {
    if (executor == self)
      routes_.push_back(std::make_unique<LocalRoute>(*this));
    else
      routes_.push_back(std::make_unique<PeerRoute>(mailbox_, executor));
  }
}

Switchboard::~Switchboard() = default;

channel::FrameRoute& Switchboard::route(int executor) { return *routes_[static_cast<std::size_t>(executor)]; }

channel::OutChannel& Switchboard::add_out(channel::ChannelKey key, int receiver_executor, int task) {
  if (outs_.size() <= key.channel) outs_.resize(key.channel + 1);
  outs_[key.channel] = {
      std::make_unique<channel::OutChannel>(key, pool_, route(receiver_executor), base::kDefaultWindowBytes), task};
  return *outs_[key.channel].end;
}

channel::InChannel& Switchboard::add_in(channel::ChannelKey key, int sender_executor, int task) {
  if (ins_.size() <= key.channel) ins_.resize(key.channel + 1);
  ins_[key.channel] = {
      std::make_unique<channel::InChannel>(key, pool_, route(sender_executor), base::kDefaultWindowBytes), task};
  return *ins_[key.channel].end;
}

bool Switchboard::drain(int most) {
  drained_ = false;
  for (int taken = 0; taken < most && !drained_; ++taken) {
    if (Frame* frame = mailbox_.receive())
      dispatch(frame);
    else
      drained_ = true;
  }
  mailbox_.flush();
  return !error_.has_value();
}

void Switchboard::dispatch_credit(const record::FrameHeader& header) {
  CHECK(header.channel < outs_.size() && outs_[header.channel].end != nullptr);
  auto& slot = outs_[header.channel];
  if (auto fine = slot.end->on_credit(header); !fine && !error_) error_ = fine.error();
  runnable_[static_cast<std::size_t>(slot.task)] = 1;
}

void Switchboard::dispatch(Frame* frame) {
  if (frame->header.kind == FrameKind::kCredit) {
    const record::FrameHeader header = frame->header;
    record::FramePool::give_back(frame);
    return dispatch_credit(header);
  }
  CHECK(frame->header.channel < ins_.size() && ins_[frame->header.channel].end != nullptr);
  auto& slot = ins_[frame->header.channel];
  if (const auto fault = slot.end->arrive(frame)) {
    if (!error_)
      error_ = base::Error{"channel_broken",
                           fmt::format("channel {} lost or repeated a frame (sequence {})", frame->header.channel,
                                       frame->header.sequence),
                           base::Origin::kInternal,
                           true,
                           {}};
    record::FramePool::give_back(frame);
    return;
  }
  runnable_[static_cast<std::size_t>(slot.task)] = 1;
}

}  // namespace penstock::worker
