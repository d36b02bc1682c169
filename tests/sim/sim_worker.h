/// One incarnation of a worker: an Agent with SimJobs. Can be frozen and killed; gets its messages late while it is
/// frozen.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/worker/agent.h"
#include "tests/sim/sim_job.h"

namespace penstock::sim {

/// What a worker needs of the rest of the simulation.
class SimCluster {
 public:
  virtual ~SimCluster() = default;
  virtual EventQueue& queue() = 0;
  virtual Random& random() = 0;
  virtual void to_coordinator(const std::string& peer, const proto::Envelope& envelope) = 0;
  virtual SimJob* job_at(const std::string& address, worker::JobKey key) = 0;
  virtual SimDisk& disk() = 0;
  virtual void broken(const std::string& what) = 0;
};

class SimWorker : private SimHost {
 public:
  SimWorker(SimCluster& cluster, proto::Register self);
  ~SimWorker() override { die(); }

  void hear(const proto::Envelope& envelope);  ///< From the coordinator.
  void leave();                                ///< SIGTERM.
  void freeze(base::Micros length);
  void die();
  void reconnect();  ///< The control connection breaks and is made anew.

  bool alive() const { return alive_; }
  const std::string& name() const { return self_.worker(); }
  std::uint64_t incarnation() const { return self_.incarnation(); }
  const std::string& peer() const { return peer_; }  ///< Name of its present connection.
  const std::map<worker::JobKey, std::unique_ptr<SimJob>>& jobs() const { return jobs_; }
  const worker::Agent& agent() const { return agent_; }

 private:
  EventQueue& queue() override { return cluster_.queue(); }
  Random& random() override { return cluster_.random(); }
  void when_awake(std::function<void()> event) override;
  void job_changed() override;
  std::string address() const override { return std::to_string(incarnation()); }
  SimJob* job_at(const std::string& address, worker::JobKey key) override { return cluster_.job_at(address, key); }
  bool holds_earlier(worker::JobKey key) const override;
  SimDisk& disk() override { return cluster_.disk(); }
  void broken(const std::string& what) override { cluster_.broken(name() + ": " + what); }

  worker::AgentView view() const;
  void tick();
  void act(const worker::AgentActions& actions);

  SimCluster& cluster_;
  proto::Register self_;
  worker::Agent agent_;
  std::string peer_;
  std::map<worker::JobKey, std::unique_ptr<SimJob>> jobs_;
  std::vector<std::unique_ptr<SimJob>> dying_;  // Until the call that ended them has returned.
  bool alive_ = true;
  base::Micros frozen_until_ = 0;
  std::vector<std::function<void()>> waiting_;  // For the thaw.
};

}  // namespace penstock::sim
