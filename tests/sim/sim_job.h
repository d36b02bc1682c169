/// A HostedJob on virtual time: builds, connects, runs and is taken down, each after a while; fails when a peer goes,
/// or of itself. Takes checkpoints, of which some fail, and shows at the disk what is complete. Some never get on.
#pragma once

#include <functional>
#include <string>

#include "proto/control.pb.h"
#include "runtime/worker/agent.h"
#include "tests/sim/event_queue.h"
#include "tests/sim/sim_disk.h"

namespace penstock::sim {

class SimJob;

/// What a job sees of the world around its worker.
class SimHost {
 public:
  virtual ~SimHost() = default;
  virtual EventQueue& queue() = 0;
  virtual Random& random() = 0;
  virtual void when_awake(
      std::function<void()> event) = 0;  ///< Now, or when the process is thawed. Not once it is dead.
  virtual void job_changed() = 0;
  virtual std::string address() const = 0;  ///< Of this process.
  /// The job of that key in the process at `address`; nullptr: it is not there (any more).
  virtual SimJob* job_at(const std::string& address, worker::JobKey key) = 0;
  /// Something of an earlier attempt is still in this process.
  virtual bool holds_earlier(worker::JobKey key) const = 0;
  virtual SimDisk& disk() = 0;
  virtual void broken(const std::string& what) = 0;  ///< An invariant does not hold.
};

class SimJob {
 public:
  SimJob(SimHost& host, worker::JobKey key, const proto::Assignment& assignment);
  ~SimJob();

  void order(const proto::Directive& directive);
  const proto::JobReport& report() const { return report_; }
  bool reached_connected() const { return connected_; }
  bool reached_ended() const { return ended_; }
  bool hangs() const { return hangs_; }
  bool never_drains() const { return never_drains_; }

 private:
  void plan(base::Micros delay, void (SimJob::*event)());
  void built();
  void try_links();
  void start();
  void watch_peers();
  void drain();
  void end();
  void begin_checkpoint(std::uint64_t epoch);
  void snapshot();
  void publish();
  int tasks() const;
  void fail_of_itself();
  void taken_down();
  void reach(proto::Phase phase);
  void fail(const std::string& code, const std::string& text, const std::string& lost_peer = {});
  bool is(proto::Phase phase) const { return report_.phase() == phase; }

  SimHost& host_;
  const worker::JobKey key_;
  const proto::Assignment assignment_;
  proto::JobReport report_;
  std::vector<proto::Endpoint> endpoints_;
  bool connected_ = false, ended_ = false, taking_down_ = false;
  bool hangs_ = false;  // While it is built.
  bool never_drains_ = false;
  std::uint64_t to_publish_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace penstock::sim
