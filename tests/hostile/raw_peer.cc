#include "tests/hostile/raw_peer.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <random>

namespace penstock::hostile {
namespace {

constexpr int kPatienceMs = 250;

bool ready_for(int socket, short what, int ms) {
  pollfd waiting{socket, what, 0};
  return poll(&waiting, 1, ms) > 0;
}

std::string big_endian(std::uint64_t value, int bytes) {
  std::string text;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) text += static_cast<char>(value >> shift & 0xff);
  return text;
}

}  // namespace

RawPeer::RawPeer(int port) : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(static_cast<std::uint16_t>(port));
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(socket_, reinterpret_cast<sockaddr*>(&name), sizeof name) != 0) ready_for(socket_, POLLOUT, kPatienceMs);
}

RawPeer::~RawPeer() {
  if (socket_ >= 0) close(socket_);
}

std::size_t RawPeer::say(std::string_view bytes) {
  std::size_t said = 0;
  while (said < bytes.size()) {
    const ssize_t sent = send(socket_, bytes.data() + said, bytes.size() - said, MSG_NOSIGNAL);
    if (sent > 0)
      said += static_cast<std::size_t>(sent);
    else if (errno != EAGAIN || !ready_for(socket_, POLLOUT, kPatienceMs))
      break;
  }
  return said;
}

std::string RawPeer::hear(std::size_t enough, int ms) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
  std::string heard;
  while (heard.size() < enough && std::chrono::steady_clock::now() < end) {
    char some[4096];
    const ssize_t got = recv(socket_, some, std::min(sizeof some, enough - heard.size()), 0);
    if (got > 0)
      heard.append(some, static_cast<std::size_t>(got));
    else if (got == 0 || errno != EAGAIN)
      break;
    else
      ready_for(socket_, POLLIN, 10);
  }
  return heard;
}

bool RawPeer::hears_end(int ms) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
  while (std::chrono::steady_clock::now() < end) {
    char some[4096];
    const ssize_t got = recv(socket_, some, sizeof some, 0);
    if (got == 0 || (got < 0 && errno != EAGAIN)) return true;
    if (got < 0) ready_for(socket_, POLLIN, 10);
  }
  return false;
}

void RawPeer::reset() {
  const linger hard{1, 0};
  setsockopt(socket_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  close(std::exchange(socket_, -1));
}

std::string greeting(std::string_view mechanism, char major, char minor, char as_server) {
  std::string bytes("\xff\0\0\0\0\0\0\0\1\x7f", 10);
  bytes += major;
  bytes += minor;
  bytes += mechanism.substr(0, 20);
  bytes.resize(32, '\0');
  bytes += as_server;
  bytes.resize(64, '\0');
  return bytes;
}

std::string frame(std::string_view body, int flags) {
  if (body.size() > 255) return long_frame_head(body.size(), flags) + std::string(body);
  return std::string(1, static_cast<char>(flags)) + static_cast<char>(body.size()) + std::string(body);
}

std::string long_frame_head(std::uint64_t declared, int flags) {
  return std::string(1, static_cast<char>(flags | 2)) + big_endian(declared, 8);
}

std::string command(std::string_view name, std::string_view data) {
  return frame(std::string(1, static_cast<char>(name.size())) + std::string(name) + std::string(data), 4);
}

std::string property(std::string_view name, std::string_view value) {
  return std::string(1, static_cast<char>(name.size())) + std::string(name) + big_endian(value.size(), 4) +
         std::string(value);
}

std::string ready(std::string_view socket_type, std::string_view properties) {
  return command("READY", property("Socket-Type", socket_type) + std::string(properties));
}

std::string noise(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

}  // namespace penstock::hostile
