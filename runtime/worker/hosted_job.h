/// One job's part in a worker process, through the phases of proto::Phase. A thread of its own (the keeper) builds,
/// opens and takes down, because that may take long; what is asked here only puts an order into its queue. Orders that
/// do not fit the phase are left out: the coordinator repeats itself. THREAD: the worker's control thread; the rows are
/// worked on by the run's executors.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "proto/control.pb.h"
#include "runtime/api/registry.h"
#include "runtime/channel/admission.h"
#include "runtime/channel/link_watch.h"
#include "runtime/worker/event_descriptor.h"
#include "runtime/worker/hosted_checkpoints.h"
#include "runtime/worker/job_run.h"
#include "runtime/worker/shipped_tables.h"

namespace penstock::worker {

/// What a process lends to its jobs.
struct JobHost {
  channel::TransportContext* transport = nullptr;
  const api::Registry* registry = nullptr;
  std::string data_address;                 ///< "tcp://127.0.0.1", ports follow by themselves; or "ipc:///directory".
  std::optional<channel::KeyPair> keys{};   ///< With them, rows are taken from and sent to the job's workers only,
  channel::Admission* admission = nullptr;  ///< who are let in here. Without keys they say a token instead.
  std::string state_directory{};            ///< For keyed state while it is worked on; "": beside the checkpoints.
  std::size_t state_memory = 0;             ///< Bytes for keyed state in memory; 0: no limit.
};

class HostedJob {
 public:
  HostedJob(const JobHost& host, std::uint64_t job, std::uint32_t attempt);
  ~HostedJob();  ///< Cancels where need be, and waits for it.

  void assign(proto::Assignment assignment);
  void connect(std::vector<proto::Endpoint> endpoints);
  void start();
  void stop();
  void release();
  void cancel(bool for_good = false);  ///< `for_good`: no other attempt will need what sinks have staged.
  void begin_checkpoint(std::uint64_t epoch);
  void publish(std::uint64_t epoch);
  void finish();  ///< The last checkpoint is published.
  void tune(std::vector<proto::ChannelWindow> windows);

  /// The whole present state.
  proto::JobReport report() const;
  std::vector<Pulse> pulses() const;  ///< Of its executors here; empty: none run.
  /// Readable when the phase has changed since clear_changed().
  int descriptor() const { return changed_.get(); }
  void clear_changed() { changed_.clear(); }

 private:
  enum class Want : std::uint8_t {
    kAssign,
    kConnect,
    kStart,
    kStop,
    kRelease,
    kCancel,
    kTune,
    kCheckpoint,
    kPublish,
    kFinish
  };
  struct Order {
    Want want = Want::kAssign;
    std::optional<proto::Assignment> assignment{};
    std::vector<proto::Endpoint> endpoints{};
    std::vector<proto::ChannelWindow> windows{};
    std::uint64_t epoch = 0;
    bool for_good = false;
  };
  void put(Order order);
  void keep();  // The keeper's life.
  void wait_for_news();
  void carry_out(Order& order);
  void carry_out_while_running(const Order& order);
  base::Result<void> build(const proto::Assignment& assignment);
  base::Result<void> admit_peers(const proto::Assignment& assignment);
  channel::ClientSecurity security_towards(int executor) const;
  base::Result<void> open_channels(const std::vector<proto::Endpoint>& endpoints);
  void on_link(const channel::LinkWatch::Event& event);
  void open_when_connected();
  void on_run_ended();
  void fail(base::Error error, const std::string& lost_peer = {});
  void take_down(proto::Phase phase);
  void reach(proto::Phase phase);
  proto::Phase phase() const;

  const JobHost host_;
  const std::uint64_t job_;
  const std::uint32_t attempt_;
  // The keeper's own.
  ShippedTables tables_;
  std::unique_ptr<topology::Plan> plan_;
  JobPlace place_;
  HostedCheckpoints checkpoints_;
  std::vector<std::unique_ptr<api::Sink>> sinks_;  // Of a run that failed, until it is known what follows.
  std::map<std::string, std::string> key_of_;      // Public keys of the job's workers, by name.
  std::string token_;                              // Without keys: what peers say to send rows here.
  std::vector<std::string> token_of_;              // And what is said to them, by executor.
  std::size_t links_up_ = 0;
  bool over_ = false;
  EventDescriptor ordered_, changed_;
  mutable std::mutex mutex_;  // Guards what follows.
  std::deque<Order> orders_;
  std::unique_ptr<JobRun> run_;
  std::uint64_t begun_ = 0;                    // The newest checkpoint.
  proto::JobReport shown_;                     // All but what the run itself tells.
  std::unique_ptr<channel::LinkWatch> watch_;  // The keeper's own; goes before the run whose links it watches.
  std::thread keeper_;
};

}  // namespace penstock::worker
