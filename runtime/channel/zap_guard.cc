#include "runtime/channel/zap_guard.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <thread>
#include <utility>

#include "runtime/channel/zmq_context.h"

namespace penstock::channel {
namespace {

constexpr const char* kAddress = "inproc://zeromq.zap.01";
constexpr std::string_view kVersion = "1.0";
constexpr std::size_t kMostDenied = 32;
constexpr std::size_t kKeyBytes = 32;

/// A request is version, request id, domain, address, routing id, mechanism and credentials.
enum Part : std::size_t {
  kPartVersion,
  kPartId,
  kPartDomain,
  kPartHost,
  kPartRoutingId,
  kPartMechanism,
  kPartKey,
  kPartPassword
};

std::string z85(const std::string& bytes) {
  std::array<char, 41> text{};
  if (bytes.size() != kKeyBytes) return {};
  zmq_z85_encode(text.data(), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  return text.data();
}

/// One property of RFC 23: length of the name, name, length of the value in four bytes, value.
std::string property(std::string_view name, std::string_view value) {
  const auto size = static_cast<std::uint32_t>(value.size());
  std::string bytes(1, static_cast<char>(name.size()));
  bytes += name;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(size >> shift & 0xff);
  bytes += value;
  return bytes;
}

}  // namespace

struct ZapGuard::State {
  explicit State(const Admission& admitted) : admission(&admitted), stop(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    CHECK(stop >= 0);
  }
  ~State() {
    const std::uint64_t one = 1;
    CHECK(write(stop, &one, sizeof one) == sizeof one);
    if (thread.joinable()) thread.join();
    close(stop);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void guard();
  bool answer_one();
  std::optional<std::string> judge(const std::vector<std::string>& request, std::string& key);
  std::optional<std::string> judge_token(const std::string& domain, const std::string& token, const std::string& host);
  void remember(Denied who);

  const Admission* admission;
  int stop;
  zmq::socket_t socket;  // The thread's, once it runs.
  std::mutex mutex;      // Guards `latest`.
  std::vector<Denied> latest;
  std::atomic<std::uint64_t> denied{0};
  std::thread thread;
};

ZapGuard::ZapGuard(std::unique_ptr<State> state) : state_(std::move(state)) {}
ZapGuard::~ZapGuard() = default;

base::Result<std::unique_ptr<ZapGuard>> ZapGuard::start(TransportContext& context, const Admission& admission) {
  try {
    auto state = std::make_unique<State>(admission);
    state->socket = zmq::socket_t(context.state_->context, zmq::socket_type::rep);
    state->socket.set(zmq::sockopt::linger, 0);
    state->socket.bind(kAddress);
    state->thread = std::thread([guard = state.get()] { guard->guard(); });
    return std::unique_ptr<ZapGuard>(new ZapGuard(std::move(state)));
  } catch (const zmq::error_t& error) {
    return base::fail("cannot_guard", std::string("cannot guard the connections: ") + error.what(), {},
                      base::Origin::kInternal);
  }
}

void ZapGuard::State::guard() {
  std::array<zmq_pollitem_t, 2> polled = {{{socket.handle(), 0, ZMQ_POLLIN, 0}, {nullptr, stop, ZMQ_POLLIN, 0}}};
  while (true) {
    if (zmq_poll(polled.data(), static_cast<int>(polled.size()), -1) < 0) {
      CHECK(zmq_errno() == EINTR);
      continue;
    }
    if (polled[1].revents != 0) break;
    while (answer_one()) continue;
  }
  socket.close();
}

/// False: nobody asks.
bool ZapGuard::State::answer_one() {
  std::vector<std::string> request;
  zmq::message_t part;
  do {
    if (!uninterrupted([&] { return zmq_msg_recv(part.handle(), socket.handle(), ZMQ_DONTWAIT); })) return false;
    request.push_back(part.to_string());
  } while (part.more());
  std::string key;
  const auto name = judge(request, key);
  const std::array<std::string, 6> reply = {
      std::string(kVersion), request.size() > kPartId ? request[kPartId] : "",
      name ? "200" : "400",  name ? "OK" : "no access",
      name.value_or(""),     name && !key.empty() ? property(kKeyProperty, key) : ""};
  for (std::size_t i = 0; i < reply.size(); ++i) {
    const int more = i + 1 < reply.size() ? ZMQ_SNDMORE : 0;
    uninterrupted([&] { return zmq_send(socket.handle(), reply[i].data(), reply[i].size(), more | ZMQ_DONTWAIT); });
  }
  return true;
}

/// The name of whoever may come in.
std::optional<std::string> ZapGuard::State::judge(const std::vector<std::string>& request, std::string& key) {
  if (request.size() <= kPartMechanism || request[kPartVersion] != kVersion) {
    remember({});
    return std::nullopt;
  }
  if (request[kPartMechanism] == "PLAIN" && request.size() == kPartPassword + 1)
    return judge_token(request[kPartDomain], request[kPartPassword], request[kPartHost]);
  if (request[kPartMechanism] == "CURVE" && request.size() == kPartKey + 1) key = z85(request[kPartKey]);
  auto name = key.empty() ? std::nullopt : admission->name_in(request[kPartDomain], key);
  if (!name) remember({request[kPartHost], key, request[kPartDomain]});
  return name;
}

/// A token is no name and no key: neither is told to anybody.
std::optional<std::string> ZapGuard::State::judge_token(const std::string& domain, const std::string& token,
                                                        const std::string& host) {
  if (domain != kControlDomain && admission->name_in(domain, token)) return "worker";
  remember({host, {}, domain});
  return std::nullopt;
}

void ZapGuard::State::remember(Denied who) {
  denied.fetch_add(1, std::memory_order_relaxed);
  const std::lock_guard<std::mutex> lock(mutex);
  if (latest.size() == kMostDenied) latest.erase(latest.begin());
  latest.push_back(std::move(who));
}

std::vector<ZapGuard::Denied> ZapGuard::take_denied() {
  const std::lock_guard<std::mutex> lock(state_->mutex);
  return std::exchange(state_->latest, {});
}

std::uint64_t ZapGuard::denied() const { return state_->denied.load(std::memory_order_relaxed); }

}  // namespace penstock::channel
