/// A port that is attacked, and an honest peer on it that wants to be served all the while. Each target runs as in
/// production: on a thread of its own, with the real sockets.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "runtime/base/clock.h"
#include "runtime/channel/control_client.h"
#include "runtime/channel/zap_guard.h"
#include "runtime/coordinator/coordinator.h"
#include "runtime/worker/event_descriptor.h"
#include "tests/unit/runtime/channel/private_directory.h"

namespace penstock::hostile {

/// The longest that the honest peer may wait: far more than it does (see the measured properties of the test), since
/// the machine may be busy and the attackers share it.
constexpr base::Micros kBound = 3'000'000;

class Target {
 public:
  virtual ~Target() = default;
  virtual int port() const = 0;
  virtual const char* peer_type() const = 0;  ///< Socket type that an honest peer has.
  /// How long one exchange takes: on the connection that stood before the attack, or on a new one. -1: not served in
  /// time.
  virtual base::Micros served() = 0;
  virtual base::Micros newcomer_served() = 0;
};

/// Keys of the test: the port's, those of honest peers, and one that nobody lists.
struct Keys {
  channel::KeyPair port = *channel::generate_keys();
  channel::KeyPair worker = *channel::generate_keys();
  channel::KeyPair operator_ = *channel::generate_keys();
  channel::KeyPair reader = *channel::generate_keys();
  channel::KeyPair stranger = *channel::generate_keys();
};

/// A coordinator. Its honest peer asks for the list of jobs.
class ControlTarget : public Target {
 public:
  explicit ControlTarget(bool with_keys);
  ~ControlTarget() override;
  int port() const override;
  const char* peer_type() const override { return "DEALER"; }
  base::Micros served() override;
  base::Micros newcomer_served() override;

  const std::string& address() const { return address_; }
  const Keys& keys() const { return keys_; }
  channel::ZapGuard& guard() { return *guard_; }
  void list(bool worker_too);  ///< Writes and loads the access file.
  /// A client that proves `own`; without keys a plain one.
  std::unique_ptr<channel::ControlClient> client(const channel::KeyPair& own);
  /// Sends `message` and returns the answer to it; nullopt: none within `patience`.
  std::optional<proto::Envelope> ask(channel::ControlClient& client, const proto::Envelope& message,
                                     base::Micros patience = kBound);

 private:
  const bool with_keys_;
  const Keys keys_;
  const channel::PrivateDirectory directory_;
  channel::TransportContext transport_{1}, outside_{1};
  channel::Admission admission_;
  std::unique_ptr<channel::ZapGuard> guard_;
  std::unique_ptr<coordinator::Coordinator> coordinator_;
  worker::EventDescriptor stop_;
  std::string address_;
  std::thread thread_;
  std::unique_ptr<channel::ControlClient> honest_;
};

/// A worker's data inbox. Its honest peer sends numbered frames. Open to anybody it is only here, so that what gets
/// past the door is seen to do no harm either.
class InboxTarget : public Target {
 public:
  enum class Lock : unsigned char { kNone, kToken, kKeys };
  explicit InboxTarget(Lock lock);
  ~InboxTarget() override;
  int port() const override;
  const char* peer_type() const override { return "PUSH"; }
  base::Micros served() override;
  base::Micros newcomer_served() override;

  const Keys& keys() const { return keys_; }
  const std::string& address() const { return address_; }
  std::uint64_t faults() const { return faults_; }  ///< Messages that were no frames.

 private:
  class Sender;
  void take();
  base::Micros served_to(Sender& sender);

  const Lock lock_;
  const Keys keys_;
  channel::TransportContext transport_{1}, outside_{1};
  channel::Admission admission_;
  std::unique_ptr<channel::ZapGuard> guard_;
  channel::Mailbox inbox_;
  std::string address_;
  std::atomic<bool> stop_{false};
  std::atomic<std::uint64_t> faults_{0};
  std::atomic<std::int64_t> latest_{0};
  std::int64_t next_ = 1;
  std::thread thread_;
  std::unique_ptr<Sender> honest_;
};

int port_of(const std::string& address);

}  // namespace penstock::hostile
