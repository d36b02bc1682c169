/// One descriptor to wait on that stays readable while there is something to do. libzmq's own are edge-triggered, and
/// any call on the socket, also a send, may swallow the edge: whoever waited on them after a send slept on.
#pragma once

namespace penstock::channel {

class WakeDescriptor {
 public:
  WakeDescriptor();
  ~WakeDescriptor();
  WakeDescriptor(const WakeDescriptor&) = delete;
  WakeDescriptor& operator=(const WakeDescriptor&) = delete;

  void watch(int descriptor);   ///< Readable whenever that one is.
  void forget(int descriptor);  ///< Before it is closed.
  void raise();                 ///< Readable until lower().
  void lower();
  int descriptor() const { return epoll_; }

 private:
  int epoll_;
  int event_;
  bool raised_ = false;
};

}  // namespace penstock::channel
