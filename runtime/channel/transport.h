/// How frames get from one executor to another: each executor owns its inboxes (PULL) and one outbox per peer executor
/// (PUSH). Only home of zmq. Inside a process a message is the handle of a pooled frame, so nothing is copied or
/// allocated; between processes it is the frame's bytes (proto/WIRE.md). The two kinds arrive on sockets of their own:
/// what a remote peer sends is never taken for a handle.
/// THREAD: a Mailbox belongs to its executor's thread, apart from construction, listen() and connect().
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/error.h"
#include "runtime/channel/security.h"
#include "runtime/record/sized_frames.h"

namespace penstock::channel {

class LinkWatch;

/// One per process.
class TransportContext {
 public:
  /// Inproc needs no I/O thread; whoever talks to another process asks for one.
  explicit TransportContext(int io_threads = 0);
  ~TransportContext();

 private:
  friend class Mailbox;
  friend class LinkWatch;
  friend class ControlServer;
  friend class ControlClient;
  friend class ZapGuard;
  struct State;
  std::unique_ptr<State> state_;
};

/// Which of a job's executors are in this process: `count` from `first` on, of `total`.
struct ExecutorRange {
  int first = 0;
  int count = 0;
  int total = 0;

  bool holds(int executor) const { return executor >= first && executor < first + count; }
};

class Mailbox {
 public:
  /// Binds the inbox `inproc://NAME-self` and connects an outbox to each other executor of this process.
  Mailbox(TransportContext& context, const std::string& name, int self, ExecutorRange range);
  ~Mailbox();

  /// Opens an inbox to other processes: "tcp://127.0.0.1:0" (any port) or "ipc:///directory/name". Returns what peers
  /// connect to. With keys it takes frames only from whom the context's ZapGuard lets into the security's domain.
  base::Result<std::string> listen(const std::string& address, const InboxSecurity& security = {});
  /// Opens the outbox to an executor of another process. `watch` hears when the connection stands and when it breaks.
  /// It is never made anew: what was in it may be lost.
  base::Result<void> connect(int peer, const std::string& address, LinkWatch& watch,
                             const ClientSecurity& security = {});

  /// Never blocks; a message that libzmq refuses waits here and goes first. Takes the frame over.
  void send(int peer, record::Frame* frame);
  bool flush();  ///< Tries again what libzmq refused. True when nothing is left.
  bool holds_refused() const;
  /// nullptr: the inboxes are empty. What came from another process is put into one of `frames`.
  record::Frame* receive(record::SizedFrames& frames);
  /// A message of another process that was no frame, since last asked.
  std::optional<record::FrameFault> take_fault();
  /// To wait on; meaningful only after receive() returned nullptr. Of other processes: -1 without listen().
  int descriptor() const;
  int remote_descriptor() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace penstock::channel
