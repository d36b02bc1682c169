#include <sys/timerfd.h>
#include <unistd.h>
#include <zmq.h>

#include <cstdio>
#include <cstring>
#include <thread>

#include "bench/harness/stopwatch.h"
#include "bench/yardstick/yardstick.h"

namespace penstock::bench {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

std::int64_t now_ns() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * kSecond + t.tv_nsec;
}

struct Message {
  std::int64_t due = 0;  ///< Intended send time, ns; 0 ends the run.
  std::int64_t payload = 0;
};

/// Receives until the end message. Only messages due after `from` count.
void receive(void* socket, std::int64_t from, Histogram& latency) {
  for (;;) {
    Message message;
    if (zmq_recv(socket, &message, sizeof message, 0) != sizeof message) return;
    if (message.due == 0) return;
    if (message.due >= from) latency.add(now_ns() - message.due);
  }
}

/// Sends each message as soon as the timer says that its time has come.
void send(void* socket, const Paced& load, std::int64_t begin) {
  const int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
  const auto period = kSecond / static_cast<std::int64_t>(load.rate);
  itimerspec when{};
  when.it_value = {begin / kSecond, begin % kSecond};
  when.it_interval = {period / kSecond, period % kSecond};
  timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, nullptr);
  const auto messages = static_cast<std::int64_t>(load.seconds * static_cast<double>(load.rate));
  for (std::int64_t sent = 0; sent < messages;) {
    std::uint64_t expired = 0;
    if (read(timer, &expired, sizeof expired) != sizeof expired) break;
    for (; expired > 0 && sent < messages; --expired, ++sent) {
      const Message message{begin + sent * period, sent};
      zmq_send(socket, &message, sizeof message, 0);
    }
  }
  close(timer);
  const Message end;
  zmq_send(socket, &end, sizeof end, 0);
}

}  // namespace

LatencySample zmq_pair(const Paced& load) {
  LatencySample sample;
  void* context = zmq_ctx_new();
  void* pull = zmq_socket(context, ZMQ_PULL);
  void* push = zmq_socket(context, ZMQ_PUSH);
  if (zmq_bind(pull, "inproc://pair") != 0 || zmq_connect(push, "inproc://pair") != 0) return sample;
  const Stopwatch watch;
  const std::int64_t begin = now_ns() + kSecond / 100;
  std::thread receiver([&] {
    receive(pull, begin + static_cast<std::int64_t>(load.warm_up_seconds * static_cast<double>(kSecond)),
            sample.latency);
  });
  send(push, load, begin);
  receiver.join();
  const Cost cost = watch.elapsed();
  sample.cpu_seconds = cost.cpu_seconds;
  sample.wall_seconds = cost.wall_seconds;
  zmq_close(push);
  zmq_close(pull);
  zmq_ctx_term(context);
  return sample;
}

}  // namespace penstock::bench
