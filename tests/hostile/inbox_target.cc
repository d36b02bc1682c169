#include <poll.h>

#include "runtime/channel/link_watch.h"
#include "tests/hostile/target.h"

namespace penstock::hostile {
namespace {

constexpr std::uint64_t kJob = 7;
constexpr const char* kInboxName = "inbox";
constexpr const char* kToken = "0123456789abcdef0123456789abcdef";

}  // namespace

/// An outbox of another worker of the job.
class InboxTarget::Sender {
 public:
  Sender(channel::TransportContext& context, const InboxTarget& target)
      : mailbox_(context, "sender" + std::to_string(count_++), 1, {1, 1, 2}), watch_(context) {
    channel::ClientSecurity security;
    if (target.lock_ == Lock::kKeys) security = {target.keys_.worker, target.keys_.port.public_key, {}};
    if (target.lock_ == Lock::kToken) security.token = kToken;
    if (!mailbox_.connect(0, target.address_, watch_, security)) return;
    const base::Micros end = base::steady_now() + kBound;
    while (!up_ && base::steady_now() < end) {
      for (const auto& event : watch_.take()) up_ = event.what == channel::LinkWatch::What::kUp;
      if (!up_) watch_.wait({}, 100);
    }
  }
  bool up() const { return up_; }
  void send(std::int64_t number) {
    record::Frame* frame = pool_.take(0);
    frame->header = {};
    frame->header.kind = record::FrameKind::kWatermark;
    frame->header.job = kJob;
    frame->header.value = number;
    mailbox_.send(0, frame);
  }

 private:
  static inline int count_ = 0;
  record::FramePool pool_;
  channel::Mailbox mailbox_;
  channel::LinkWatch watch_;
  bool up_ = false;
};

InboxTarget::InboxTarget(Lock lock) : lock_(lock), inbox_(transport_, kInboxName, 0, {0, 1, 2}) {
  channel::InboxSecurity security;
  if (lock != Lock::kNone) {
    guard_ = channel::ZapGuard::start(transport_, admission_).value();
    security.domain = channel::data_domain(kJob, 1);
    if (lock == Lock::kKeys) security.keys = keys_.port;
    admission_.admit(security.domain, {lock == Lock::kKeys ? keys_.worker.public_key : kToken});
  }
  address_ = inbox_.listen("tcp://127.0.0.1:0", security).value();
  thread_ = std::thread([this] { take(); });
  honest_ = std::make_unique<Sender>(outside_, *this);
}

InboxTarget::~InboxTarget() {
  honest_.reset();
  stop_ = true;
  thread_.join();
}

int InboxTarget::port() const { return port_of(address_); }

void InboxTarget::take() {
  record::SizedFrames frames;
  while (!stop_) {
    record::Frame* frame = inbox_.receive(frames);
    if (inbox_.take_fault()) ++faults_;
    if (frame == nullptr) {
      pollfd waiting{inbox_.remote_descriptor(), POLLIN, 0};
      poll(&waiting, 1, 10);
      continue;
    }
    if (frame->header.kind == record::FrameKind::kWatermark && frame->header.job == kJob) latest_ = frame->header.value;
    record::FramePool::give_back(frame);
  }
}

base::Micros InboxTarget::served_to(Sender& sender) {
  const base::Micros begun = base::steady_now();
  const std::int64_t number = next_++;
  sender.send(number);
  while (latest_ < number) {
    if (base::steady_now() - begun > kBound) return -1;
    std::this_thread::yield();
  }
  return base::steady_now() - begun;
}

base::Micros InboxTarget::served() { return served_to(*honest_); }

base::Micros InboxTarget::newcomer_served() {
  const base::Micros begun = base::steady_now();
  Sender newcomer(outside_, *this);
  if (!newcomer.up() || served_to(newcomer) < 0) return -1;
  return base::steady_now() - begun;
}

}  // namespace penstock::hostile
