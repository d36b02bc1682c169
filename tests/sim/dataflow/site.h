/// The whole: a coordinator and workers as tools/penstock starts them, a client that submits a job, and what befalls
/// them. One seed, one run. THREAD: the only one.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proto/control.pb.h"
#include "tests/sim/dataflow/disk.h"
#include "tests/sim/dataflow/kernel.h"
#include "tests/sim/dataflow/network.h"
#include "tests/sim/dataflow/oracle.h"
#include "tests/sim/dataflow/scenario.h"

namespace penstock::channel {
class ControlClient;
}

namespace penstock::sim {

/// What became of a seed.
struct Outcome {
  std::string broken;  ///< The first invariant that did not hold; empty: all did.
  bool job_failed = false;
  std::uint32_t attempts = 0;
  std::uint64_t deaths = 0, freezes = 0, changes_lost = 0, parts = 0;
};

class Site {
 public:
  Site(std::uint64_t seed, bool trace, const std::string& directory);

  Outcome run();

 private:
  // Processes
  Process& start(const std::string& name, std::function<void(Process&)> body);
  void start_worker(int number);
  void start_coordinator();
  void kill(Process& process);
  void keep_running();  ///< Whoever has ended is started again after a while.
  Process* living(const std::string& name);

  // What befalls them
  void mishap();
  void power_cut(const std::string& name);
  void calm_down();

  // The client
  void submit();
  void ask(channel::ControlClient& client, const proto::Request& request);
  void hear(const proto::Answer& answer);

  void end_in_good_order();
  void end_all();
  void broken(const std::string& what);
  void trace(const std::string& text);

  Kernel kernel_;
  bool trace_;
  Scenario scenario_;
  Network network_;
  Disk disk_;
  Oracle oracle_;
  std::vector<std::unique_ptr<Process>> processes_;  // That ever were.
  bool calm_ = false, over_ = false, ending_ = false;
  std::uint64_t job_ = 0;  // 0: not submitted yet.
  Outcome outcome_;
};

}  // namespace penstock::sim
