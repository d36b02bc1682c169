/// Bare ZeroMQ PUSH/PULL sockets between processes, without an engine: what the same hops cost at least. The calling
/// process receives; sender and relays are forked from it, so it must have no other thread. THREAD: the caller's.
#pragma once

#include "bench/yardstick/yardstick.h"

namespace penstock::bench {

struct Hops {
  int processes = 2;  ///< Sender and receiver; with 3 a relay between them.
  bool tcp = true;    ///< Over loopback; false: ipc.
};

/// Paced by a timerfd; latency from the intended send time. CPU of all processes.
bool zmq_paced(const Hops& hops, const Paced& load, LatencySample& sample);

struct PushedMessages {
  std::uint64_t messages = 0;
  double wall_seconds = 0;  ///< From the first message that came to the last.
  double cpu_seconds = 0;
};
/// As fast as it goes, one record of `bytes` a message.
bool zmq_pushed(const Hops& hops, std::uint64_t messages, std::size_t bytes, PushedMessages& result);

}  // namespace penstock::bench
