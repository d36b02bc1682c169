/// The whole: a coordinator, workers, clients, and a network that loses, delays and repeats. One seed, one run.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runtime/coordinator/decide.h"
#include "tests/sim/invariants.h"
#include "tests/sim/sim_disk.h"
#include "tests/sim/sim_worker.h"

namespace penstock::sim {

/// How bad it gets, drawn from the seed.
struct Faults {
  double drop = 0;
  double twice = 0;
  base::Micros latency = 0;
  double straggler = 0;  ///< Share of messages that take up to two seconds.
  base::Micros mishap_every = 0;
  bool journal = false;     ///< The coordinator keeps one, and its jobs checkpoints.
  double lost_outcome = 0;  ///< Share of writes to the journal that fail, and may have been done all the same.
  double failed_manifest = 0;
};

class SimWorld : private SimCluster {
 public:
  SimWorld(std::uint64_t seed, bool trace);
  ~SimWorld() override = default;

  /// What was broken first; empty: everything held.
  std::string run();

 private:
  // SimCluster
  EventQueue& queue() override { return queue_; }
  Random& random() override { return random_; }
  void to_coordinator(const std::string& peer, const proto::Envelope& envelope) override;
  SimJob* job_at(const std::string& address, worker::JobKey key) override;
  SimDisk& disk() override { return disk_; }
  void broken(const std::string& what) override;

  // The network and the coordinator's shell
  void carry(std::function<void()> deliver);
  void coordinator_hears(const std::string& peer, const proto::Envelope& envelope);
  void decide(decltype(coordinator::Event::what) what);
  void act(const coordinator::Send& send);
  bool act(const coordinator::Journal& journal);
  void act(const coordinator::WriteManifest& write);
  void act(const coordinator::NoteFinished& note);
  void watch(const proto::Directive& directive);
  void coordinator_dies();
  void recall();
  void tick_coordinator();
  void restart_coordinator();

  // Workers
  SimWorker& start_worker(const std::string& name);
  SimWorker* by_peer(const std::string& peer);
  std::vector<SimWorker*> living();
  void mishap();
  void kill(SimWorker& worker);

  // Clients
  void client_step();
  void ask(const proto::Request& request, int tries);
  void client_hears(const proto::Answer& answer);
  proto::Request submit_request();
  proto::StopRequest stop_request(const std::string& job);

  // The end
  void settle();
  void check_that_nothing_is_stuck();
  void check_end();
  std::string line(const proto::Envelope& envelope) const;
  void trace(const std::string& text);

  EventQueue queue_;
  Random random_;
  Faults faults_;
  bool trace_ = false, calm_ = false;
  int mishaps_ = 0;
  std::string broken_;
  SimDisk disk_;
  std::optional<coordinator::State> coordinator_;  // nullopt: down.
  std::uint64_t life_ = 0;                         // Of the coordinator: what was under way to an earlier one is lost.
  std::vector<std::unique_ptr<SimWorker>> workers_;  // Every incarnation there ever was.
  std::set<std::string> void_;                       // Peers whose host has gone: what is sent there vanishes.
  struct Clients {
    std::map<std::uint64_t, proto::Request> open;
    std::uint64_t next = 1;
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t> job_of;  // By coordinator's life and submit key.
  } clients_;
  std::optional<Invariants> invariants_;
};

}  // namespace penstock::sim
