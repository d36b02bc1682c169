#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <zmq.hpp>

#include "tests/unit/runtime/channel/control_fixture.h"
#include "tests/unit/runtime/channel/private_directory.h"

namespace penstock::channel {
namespace {

using ControlSocket = ControlFixture;
using Link = ControlClient::Link;

TEST_F(ControlSocket, CarriesWholeMessagesBothWays) {
  const auto one = client();
  const std::string bytes("a\0b\xff", 4);
  ASSERT_TRUE(one->send(bytes));
  const auto received = next(*server);
  ASSERT_TRUE(received);
  EXPECT_EQ(received->bytes, bytes);
  EXPECT_EQ(received->peer.size(), 16u);
  EXPECT_NE(received->peer[0], '\0');
  EXPECT_EQ(received->host, "127.0.0.1");
  EXPECT_FALSE(received->access);
  ASSERT_TRUE(server->send(received->peer, "answer"));
  EXPECT_EQ(next(*one), "answer");
  EXPECT_FALSE(one->receive());
  EXPECT_FALSE(server->receive());
}

TEST_F(ControlSocket, GivesEachClientAFreshName) {
  const auto one = client(), two = client();
  ASSERT_TRUE(one->send("1") && two->send("2"));
  const auto first = next(*server), second = next(*server);
  ASSERT_TRUE(first && second);
  EXPECT_NE(first->peer, second->peer);
}

TEST_F(ControlSocket, TakesAddressesWithAndWithoutScheme) {
  const PrivateDirectory directory;
  const std::string path = directory.file("socket");
  const auto ipc = make_server(context, "ipc://" + path);
  EXPECT_EQ(ipc->address(), "ipc://" + path);
  struct stat found {};
  ASSERT_EQ(stat(path.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777u, 0600u);
  const std::string port = server->address().substr(server->address().rfind(':'));
  for (const auto& address : {"127.0.0.1" + port, "localhost" + port, "tcp://localhost" + port, ipc->address()}) {
    const auto one = make_client(context, address);
    EXPECT_TRUE(reaches(*one, Link::kConnected)) << address;
  }
  EXPECT_TRUE(make_server(context, "localhost:0"));
}

TEST_F(ControlSocket, SaysWhatIsWrongWithAnAddress) {
  const auto code = [&](const std::string& address) {
    const auto made = ControlServer::bind(context, address, {});
    return made ? "bound" : made.error().code;
  };
  for (const char* bad : {"", "tcp://", "127.0.0.1", "udp://127.0.0.1:1", "tcp://:7461", "tcp://127.0.0.1:70000",
                          "tcp://127.0.0.1:-1", "tcp://127.0.0.1:+1", "tcp://127.0.0.1:1x", "tcp://::1:1", "ipc://",
                          "ipc://*", "ipc://@abstract", "ipc://relative/path", "inproc://x", "tcp://a b:1",
                          "tcp://127.0.0.1;1.2.3.4:1", "tcp://[::1]", "tcp://127.0.0.1:1\n"})
    EXPECT_EQ(code(bad), "bad_address") << bad;
  EXPECT_EQ(code("ipc:///" + std::string(200, 'x')), "bad_address");
  EXPECT_EQ(code(server->address()), "port_in_use");
  EXPECT_EQ(code("tcp://192.0.2.1:0"), "address_unusable");
  EXPECT_EQ(code("tcp://no.such.interface:0"), "address_unusable");
  EXPECT_EQ(code("ipc:///no/such/directory/socket"), "cannot_listen");
  const auto unknown = ControlClient::connect(context, "no-such-host.invalid:1", {});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, "host_unknown");
  EXPECT_EQ(unknown.error().where, "tcp://no-such-host.invalid:1");
}

/// libzmq unlinks whatever stands at the path: a file of the user's, or the socket of a coordinator that is at work.
TEST_F(ControlSocket, NeverTakesAnIpcPathThatIsInUse) {
  const PrivateDirectory directory;
  directory.write("precious", "data");
  auto refused = ControlServer::bind(context, "ipc://" + directory.file("precious"), {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "address_unusable");
  EXPECT_EQ(std::filesystem::file_size(directory.file("precious")), 4u);

  const auto first = make_server(context, "ipc://" + directory.file("socket"));
  refused = ControlServer::bind(context, first->address(), {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "port_in_use");
  const auto one = make_client(context, first->address());
  EXPECT_TRUE(reaches(*one, Link::kConnected));

  const int left_behind = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::strcpy(name.sun_path, directory.file("stale").c_str());
  ASSERT_EQ(bind(left_behind, reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
  close(left_behind);
  EXPECT_TRUE(make_server(context, "ipc://" + directory.file("stale")));
}

TEST_F(ControlSocket, LeavesNoIpcFileBehindAndCanComeBackAtOnce) {
  const PrivateDirectory directory;
  const std::string address = "ipc://" + directory.file("socket");
  for (int i = 0; i < 20; ++i) {
    server = make_server(context, address);
    ASSERT_TRUE(server);
    ASSERT_EQ(access(directory.file("socket").c_str(), F_OK), 0);
    const auto one = client();
    ASSERT_TRUE(one->send("x"));
    ASSERT_TRUE(next(*server));
    server.reset();
    ASSERT_NE(access(directory.file("socket").c_str(), F_OK), 0);
  }
}

TEST_F(ControlSocket, SendsNothingBeforeItIsConnected) {
  const auto lonely = make_client(context, "tcp://127.0.0.1:1");
  EXPECT_FALSE(lonely->send("lost"));
  EXPECT_FALSE(lonely->receive());
  EXPECT_EQ(lonely->link(), Link::kConnecting);
}

/// The handshake was over and the connection not yet on the socket: a send failed, and had swallowed the edge that
/// would have told when to try again.
TEST_F(ControlSocket, SendsAsSoonAsItSaysSo) {
  for (int i = 0; i < 300; ++i) {
    const auto one = make_client(context, server->address());
    ASSERT_TRUE(wait_for({one->descriptor()}, [&] { return one->send("x"); }));
    const auto two = make_client(context, server->address());
    ASSERT_TRUE(reaches(*two, Link::kConnected));
    ASSERT_TRUE(two->send("x"));
  }
}

TEST_F(ControlSocket, TellsThatAPeerIsGone) {
  auto one = client();
  ASSERT_TRUE(one->send("here"));
  const auto received = next(*server);
  ASSERT_TRUE(received);
  EXPECT_FALSE(server->take_disconnect());
  one.reset();
  EXPECT_TRUE(wait_for({server->descriptor()}, [&] {
    EXPECT_FALSE(server->receive());
    return server->take_disconnect();
  }));
  EXPECT_FALSE(server->take_disconnect());
  EXPECT_TRUE(eventually([&] {
    const auto sent = server->send(received->peer, "late");
    return !sent && sent.error().code == "peer_gone";
  }));
  EXPECT_EQ(server->send("nobody ever heard", "x").error().code, "peer_gone");
}

TEST_F(ControlSocket, LetsTheLastMessageOfAClientLeave) {
  for (int i = 0; i < 50; ++i) {
    auto one = client();
    ASSERT_TRUE(one->send("leave"));
    one.reset();
    ASSERT_TRUE(next(*server));
  }
}

/// An answer and the end of the one who sent it come together.
TEST_F(ControlSocket, KeepsWhatABrokenConnectionHasBrought) {
  const auto one = client();
  ASSERT_TRUE(one->send("ask"));
  const auto received = next(*server);
  ASSERT_TRUE(received);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(server->send(received->peer, std::to_string(i)));
  EXPECT_EQ(next(*one), "0");
  server.reset();
  ASSERT_TRUE(reaches(*one, Link::kConnecting));
  for (int i = 1; i < 10; ++i) EXPECT_EQ(next(*one, 100'000), std::to_string(i));
}

TEST_F(ControlSocket, ConnectsAgainUnderAnotherNameWhenTheServerComesBack) {
  const std::string address = server->address();
  const auto one = client();
  ASSERT_TRUE(one->send("before"));
  const std::string name = next(*server)->peer;
  server.reset();
  ASSERT_TRUE(reaches(*one, Link::kConnecting));
  EXPECT_FALSE(one->send("nobody there"));
  server = make_server(context, address);
  ASSERT_TRUE(reaches(*one, Link::kConnected));
  ASSERT_TRUE(one->send("after"));
  const auto received = next(*server);
  ASSERT_TRUE(received);
  EXPECT_EQ(received->bytes, "after");
  EXPECT_NE(received->peer, name);
}

/// Waiting on libzmq's own descriptor after a send slept on: the send had swallowed the edge.
TEST_F(ControlSocket, StaysReadableWhileSomethingIsThere) {
  const auto one = client();
  ASSERT_TRUE(one->send("hello"));
  const std::string peer = next(*server)->peer;
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(one->send("1"));
    ASSERT_TRUE(one->send("2"));
    ASSERT_TRUE(wait_for({server->descriptor()}, [&] { return server->send(peer, "x").has_value(); }));
    ASSERT_TRUE(next(*server));  // Takes one of the two; the other must still wake.
    ASSERT_TRUE(server->send(peer, "y"));
    ASSERT_TRUE(next(*server));
    ASSERT_TRUE(next(*one));
    ASSERT_TRUE(one->send("3"));
    ASSERT_TRUE(next(*one));
    ASSERT_TRUE(next(*server));
  }
  EXPECT_FALSE(server->receive());
  pollfd quiet{server->descriptor(), POLLIN, 0};
  EXPECT_EQ(poll(&quiet, 1, 0), 0) << "readable with nothing there: its owner would spin";
}

TEST_F(ControlSocket, RefusesAMessageOverTheLimit) {
  ControlLimits small;
  small.message_bytes = 1000;
  const auto strict = make_server(context, "tcp://127.0.0.1:*", {}, small);
  const auto one = make_client(context, strict->address());
  ASSERT_TRUE(reaches(*one, Link::kConnected));
  ASSERT_TRUE(one->send(std::string(1000, 'x')));
  const auto received = next(*strict);
  ASSERT_TRUE(received);
  EXPECT_EQ(strict->send(received->peer, std::string(1001, 'x')).error().code, "control_too_large");
  ASSERT_TRUE(one->send(std::string(1001, 'x')));
  EXPECT_TRUE(wait_for({strict->descriptor()}, [&] {
    EXPECT_FALSE(strict->receive());
    return strict->take_disconnect();
  }));
  const auto careful = make_client(context, strict->address(), {}, small);
  ASSERT_TRUE(reaches(*careful, Link::kConnected));
  EXPECT_FALSE(careful->send(std::string(1001, 'x')));
}

/// A peer made of libzmq alone, to say what our client never would.
struct BarePeer {
  BarePeer(zmq::context_t& context, const std::string& address) : socket(context, zmq::socket_type::dealer) {
    socket.set(zmq::sockopt::linger, 0);
    socket.connect(address);
  }
  zmq::socket_t socket;
};

TEST_F(ControlSocket, DropsMessagesThatAreNotOneFrame) {
  zmq::context_t outside;
  BarePeer peer(outside, server->address());
  const auto say = [&](std::initializer_list<const char*> frames) {
    std::size_t left = frames.size();
    for (const char* frame : frames)
      peer.socket.send(zmq::buffer(std::string_view(frame)),
                       --left > 0 ? zmq::send_flags::sndmore : zmq::send_flags::none);
  };
  say({""});
  say({"", "request"});
  say({"a", "b", "c", "", "d"});
  for (int i = 0; i < 5'000; ++i) peer.socket.send(zmq::buffer("x", 1), zmq::send_flags::sndmore);
  say({"end"});
  say({"good"});
  const auto received = next(*server);
  ASSERT_TRUE(received);
  EXPECT_EQ(received->bytes, "good");
  EXPECT_EQ(server->refused().malformed, 4u);
}

TEST_F(ControlSocket, IsNotHeldUpByAPeerThatNeverReads) {
  zmq::context_t outside;
  BarePeer slow(outside, server->address());
  slow.socket.send(zmq::buffer("slow", 4));
  const auto asleep = next(*server);
  ASSERT_TRUE(asleep);
  const auto one = client();
  ASSERT_TRUE(one->send("awake"));
  const std::string awake = next(*server)->peer;
  const std::string large(1 << 20, 'x');
  std::string code;
  for (int i = 0; i < 10'000 && code.empty(); ++i) {
    const auto sent = server->send(asleep->peer, large);
    if (!sent) code = sent.error().code;
  }
  EXPECT_EQ(code, "control_refused");
  for (int i = 0; i < 100; ++i) {
    std::ignore = server->send(asleep->peer, large);  // The kernel may have taken a little more meanwhile.
    ASSERT_TRUE(server->send(awake, "go on"));
    EXPECT_EQ(next(*one), "go on");
  }
}

/// The others never run dry. The honest one's message is taken in turn, once it is there, and not after all of theirs.
TEST_F(ControlSocket, ServesPeersInTurn) {
  zmq::context_t outside;
  std::vector<BarePeer> flood;
  for (int i = 0; i < 4; ++i) flood.emplace_back(outside, server->address());
  const auto pour = [&] {
    for (BarePeer& peer : flood)
      while (peer.socket.send(zmq::buffer("noise", 5), zmq::send_flags::dontwait)) {
      }
  };
  const auto one = client();
  for (int round = 0; round < 5; ++round) {
    pour();
    ASSERT_TRUE(one->send("honest"));
    int before = 0;
    for (auto received = next(*server); received && received->bytes != "honest"; received = next(*server)) {
      ++before;
      pour();
    }
    EXPECT_LE(before, 5'000);
  }
}

TEST_F(ControlSocket, RefusesToTalkToWhatIsNoCoordinator) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  ASSERT_EQ(listen(listener, 8), 0);
  sockaddr_in name{};
  socklen_t size = sizeof name;
  ASSERT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&name), &size), 0);
  ControlLimits hasty;
  hasty.handshake_ms = 100;
  const auto one = make_client(context, "127.0.0.1:" + std::to_string(ntohs(name.sin_port)), {}, hasty);
  EXPECT_TRUE(reaches(*one, Link::kRefused));
  EXPECT_EQ(one->refusal().code, "not_penstock");
  EXPECT_FALSE(one->send("x"));
  close(listener);
}

}  // namespace
}  // namespace penstock::channel
