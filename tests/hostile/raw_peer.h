/// A TCP connection that says whatever a test likes, byte for byte, and the bytes of ZMTP (RFC 23) to say. Never waits
/// longer than it is told to.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace penstock::hostile {

class RawPeer {
 public:
  explicit RawPeer(int port);  ///< Connected, or not, if the port takes no more; then nothing that is said matters.
  ~RawPeer();
  RawPeer(RawPeer&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}
  RawPeer(const RawPeer&) = delete;
  RawPeer& operator=(const RawPeer&) = delete;

  /// Until all is said, the peer has closed, or it has not taken a byte for a quarter of a second. How much was said.
  std::size_t say(std::string_view bytes);
  /// What comes within `ms`, until `enough` bytes are there.
  std::string hear(std::size_t enough, int ms = 2'000);
  bool hears_end(int ms);  ///< Throws away what comes; true: the other side has closed.
  void reset();            ///< Closes with RST instead of FIN.

 private:
  int socket_;
};

std::string greeting(std::string_view mechanism, char major = 3, char minor = 0, char as_server = 0);
/// A frame: flags 1 more, 2 long, 4 command. The length is taken from `body` unless said.
std::string frame(std::string_view body, int flags = 0);
std::string long_frame_head(std::uint64_t declared, int flags = 0);
std::string command(std::string_view name, std::string_view data);
std::string property(std::string_view name, std::string_view value);
std::string ready(std::string_view socket_type, std::string_view properties = {});
std::string noise(std::size_t size, unsigned seed = 1);

}  // namespace penstock::hostile
