/// What the files of this folder share of libzmq. Not for other folders.
#pragma once

#include <cerrno>
#include <zmq.hpp>

#include "runtime/base/check.h"
#include "runtime/channel/transport.h"

namespace penstock::channel {

struct TransportContext::State {
  zmq::context_t context;
  explicit State(int io_threads) : context(io_threads) {}
};

/// A signal may interrupt any call of libzmq, also one that does not wait; its C++ wrapper would throw. False: not now.
template <class Call>
bool uninterrupted(Call&& call) {
  while (call() < 0) {
    CHECK(zmq_errno() == EAGAIN || zmq_errno() == EINTR);
    if (zmq_errno() == EAGAIN) return false;
  }
  return true;
}

}  // namespace penstock::channel
