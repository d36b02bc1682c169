/// How frames get from one executor to another: each executor owns one inbox (PULL) and one outbox per peer (PUSH).
/// Only home of zmq. Inside a process a message is the handle of a pooled frame, so nothing is copied or allocated.
/// THREAD: a Mailbox belongs to its executor's thread, apart from construction.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/base/error.h"
#include "runtime/record/frame.h"

namespace penstock::channel {

/// One per process.
class TransportContext {
 public:
  /// Inproc needs no I/O thread; whoever talks to another process asks for one.
  explicit TransportContext(int io_threads = 0);
  ~TransportContext();

 private:
  friend class Mailbox;
  friend class ControlServer;
  friend class ControlClient;
  friend class ZapGuard;
  struct State;
  std::unique_ptr<State> state_;
};

class Mailbox {
 public:
  /// Binds the inbox `inproc://NAME-self` and connects an outbox to each peer 0..peers-1 other than self.
  Mailbox(TransportContext& context, const std::string& name, int self, int peers);
  ~Mailbox();

  void send(int peer,
            record::Frame* frame);  ///< Never blocks; a message that libzmq refuses waits here and goes first.
  bool flush();                     ///< Tries again what libzmq refused. True when nothing is left.
  record::Frame* receive();         ///< nullptr: the inbox is empty.
  int descriptor() const;           ///< To wait on; meaningful only after receive() returned nullptr.

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace penstock::channel
