#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>

#include "bench/harness/child.h"
#include "bench/harness/engine_run.h"
#include "bench/harness/report.h"
#include "bench/pipeline/benchmarks.h"

namespace penstock::bench {
namespace {

/// A port of this machine that accepts connections (in the kernel's queue) and never says anything.
class SilentPort {
 public:
  SilentPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(socket_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(socket_, 4) != 0) return;
    if (::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) == 0) port_ = ntohs(address.sin_port);
  }
  SilentPort(const SilentPort&) = delete;
  SilentPort& operator=(const SilentPort&) = delete;
  ~SilentPort() { ::close(socket_); }
  int port() const { return port_; }  ///< 0: there is none.

 private:
  int socket_;
  int port_ = 0;
};

}  // namespace

int run_idle(const Options& options) {
  const SilentPort silent;
  const auto cost = in_child<Cost>([&](Cost& idle) {
    EngineJob job;
    job.topology = "idle.yaml";
    job.variables = {{"PORT", std::to_string(silent.port())}};
    return run_idle_engine(job, options.seconds, idle);
  });
  if (!cost) return 1;
  const double percent = 100 * cost->cpu_seconds / cost->wall_seconds;
  std::fprintf(stderr, "idle: a tcp source with nobody talking, %.1f s\n", cost->wall_seconds);
  print_goals({{"CPU, % of a core", percent, Better::kLower, 1, {}}});
  JsonLine("idle").add("seconds", cost->wall_seconds).add("cpu_percent", percent).print();
  return 0;
}

}  // namespace penstock::bench
