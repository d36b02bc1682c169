#include "bench/yardstick/zmq_processes.h"

#include <sys/resource.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace penstock::bench {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr int kSilenceMs = 20'000;  // Then something is lost, and the run is no good.

std::int64_t now_ns() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * kSecond + t.tv_nsec;
}

struct Message {
  std::int64_t due = 0;  ///< Intended send time, ns; 0 ends the run.
  std::int64_t payload = 0;
};

/// A context and the one or two sockets of a process.
class Place {
 public:
  Place() : context_(zmq_ctx_new()) {}
  ~Place() {
    for (void* socket : sockets_) zmq_close(socket);
    zmq_ctx_term(context_);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  void* pull(const std::string& address) { return zmq_bind(open(ZMQ_PULL), address.c_str()) == 0 ? last() : nullptr; }
  void* push(const std::string& address) {
    return zmq_connect(open(ZMQ_PUSH), address.c_str()) == 0 ? last() : nullptr;
  }

 private:
  void* open(int type) {
    void* socket = sockets_.emplace_back(zmq_socket(context_, type));
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &kSilenceMs, sizeof kSilenceMs);
    return socket;
  }
  void* last() const { return sockets_.back(); }
  void* context_;
  std::vector<void*> sockets_;
};

/// A sender stays until its receiver has everything: when an ipc peer is gone, libzmq throws away what the receiver has
/// not yet read of it. To be made before the fork; each side calls what is its own.
class Farewell {
 public:
  Farewell() { good_ = pipe(ends_) == 0; }
  ~Farewell() {
    for (const int end : ends_) close(end);
  }
  Farewell(const Farewell&) = delete;
  Farewell& operator=(const Farewell&) = delete;
  void await() {
    close(std::exchange(ends_[1], -1));
    char none = 0;
    if (good_) [[maybe_unused]]
      const auto closed = read(ends_[0], &none, 1);
  }
  void say() { close(std::exchange(ends_[1], -1)); }

 private:
  int ends_[2] = {-1, -1};
  bool good_ = false;
};

/// Waits for nothing: the receiver binds, and libzmq tries again until it has.
std::string address_of(const Hops& hops, int hop) {
  const auto own = static_cast<int>(getpid());
  if (hops.tcp) return "tcp://127.0.0.1:" + std::to_string(20'000 + own % 20'000 + hop * 20'000);
  return "ipc:///tmp/penstock-bench-" + std::to_string(own) + "-" + std::to_string(hop);
}

pid_t in_process(const std::function<void()>& work) {
  const pid_t child = fork();
  if (child != 0) return child;
  work();
  _exit(0);
}

void relay(const std::string& from, const std::string& to) {
  Place place;
  void* in = place.pull(from);
  void* out = place.push(to);
  for (Message message{1, 0}; in != nullptr && message.due != 0;) {
    if (zmq_recv(in, &message, sizeof message, 0) != sizeof message) return;
    zmq_send(out, &message, sizeof message, 0);
  }
}

void send_paced(const std::string& to, const Paced& load) {
  Place place;
  void* socket = place.push(to);
  const std::int64_t begin = now_ns() + kSecond / 10;  // Until all are connected.
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

/// Only messages due `warm_up` after the first count.
bool receive_paced(void* socket, const Paced& load, Histogram& latency) {
  const auto warm_up = static_cast<std::int64_t>(load.warm_up_seconds * static_cast<double>(kSecond));
  for (std::int64_t first = 0;;) {
    Message message;
    if (zmq_recv(socket, &message, sizeof message, 0) != sizeof message) return false;
    if (message.due == 0) return true;
    if (first == 0) first = message.due;
    if (message.due - first >= warm_up) latency.add(now_ns() - message.due);
  }
}

double cpu_seconds(int who) {
  rusage used{};
  getrusage(who, &used);
  return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e-6;
}

double cpu_of_all() { return cpu_seconds(RUSAGE_SELF) + cpu_seconds(RUSAGE_CHILDREN); }

bool all_ended(const std::vector<pid_t>& children) {
  bool well = true;
  for (const pid_t child : children) {
    int status = 0;
    well = waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0 && well;
  }
  return well;
}

}  // namespace

bool zmq_paced(const Hops& hops, const Paced& load, LatencySample& sample) {
  const std::int64_t began = now_ns();
  const double used = cpu_of_all();
  std::vector<pid_t> children;
  for (int hop = 1; hop < hops.processes - 1; ++hop)
    children.push_back(
        in_process([&, from = address_of(hops, hop - 1), to = address_of(hops, hop)] { relay(from, to); }));
  children.push_back(in_process([&, to = address_of(hops, 0)] { send_paced(to, load); }));
  bool good = false;
  {
    Place place;
    void* socket = place.pull(address_of(hops, hops.processes - 2));
    good = socket != nullptr && receive_paced(socket, load, sample.latency);
  }
  good = all_ended(children) && good;
  sample.cpu_seconds = cpu_of_all() - used;
  sample.wall_seconds = static_cast<double>(now_ns() - began) * 1e-9;
  return good;
}

bool zmq_pushed(const Hops& hops, std::uint64_t messages, std::size_t bytes, PushedMessages& result) {
  const double used = cpu_of_all();
  const std::string address = address_of(hops, 0);
  Farewell farewell;
  const pid_t child = in_process([&] {
    Place place;
    void* socket = place.push(address);
    const std::vector<char> record(bytes, 'x');
    for (std::uint64_t sent = 0; sent < messages; ++sent) zmq_send(socket, record.data(), record.size(), 0);
    farewell.await();
    const int at_once = 0;
    zmq_setsockopt(socket, ZMQ_LINGER, &at_once, sizeof at_once);
  });
  {
    Place place;
    void* socket = place.pull(address);
    std::vector<char> record(bytes);
    std::int64_t first = 0;
    for (std::uint64_t seen = 0; socket != nullptr && seen < messages; ++seen) {
      if (zmq_recv(socket, record.data(), record.size(), 0) != static_cast<int>(bytes)) break;
      if (++result.messages == 1) first = now_ns();
    }
    result.wall_seconds = static_cast<double>(now_ns() - first) * 1e-9;
    farewell.say();
  }
  const bool good = all_ended({child}) && result.messages == messages;
  result.cpu_seconds = cpu_of_all() - used;
  return good;
}

}  // namespace penstock::bench
