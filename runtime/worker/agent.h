/// A worker's side of the control protocol, as decisions: what to send, which order goes to which job, when to leave.
/// Pure: it is told what was heard, what time it is and how the jobs stand, and says what is to be done; the shell
/// (worker_process.h) and the simulator do it. Messages may be lost, repeated or late, so whatever is said is said
/// again until it is confirmed.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "proto/control.pb.h"
#include "runtime/base/clock.h"
#include "runtime/base/error.h"

namespace penstock::worker {

using JobKey = std::pair<std::uint64_t, std::uint32_t>;  ///< Job and attempt.

// --- what the agent may ask for
struct SendToCoordinator {
  proto::Envelope envelope;
};
struct CreateJob {
  JobKey job;
  proto::Assignment assignment;
};
struct OrderJob {
  JobKey job;
  proto::Directive directive;
};
struct ForgetJob {  ///< Its end has been confirmed.
  JobKey job;
};
struct SayRegistered {  ///< For the log.
  bool again = false;
};
struct SayRefused {  ///< This worker is not taken: `for_good` where trying again cannot help.
  base::Error error;
  bool for_good = false;
};
struct SayCoordinatorSilent {};
struct Exit {};  ///< It has left in good order.
using AgentAction = std::variant<SendToCoordinator, CreateJob, OrderJob, ForgetJob, SayRegistered, SayRefused,
                                 SayCoordinatorSilent, Exit>;
using AgentActions = std::vector<AgentAction>;

/// What the worker is using at the moment, for heartbeats.
struct Usage {
  double cpu_seconds = 0;
  std::uint64_t resident_bytes = 0;
};

/// The moment at which the agent is asked. Times are steady microseconds.
struct AgentView {
  base::Micros now = 0;
  std::vector<proto::JobReport> jobs;  ///< Of every job that was created and not yet forgotten.
  Usage usage;
};

class Agent {
 public:
  explicit Agent(proto::Register self) : self_(std::move(self)) {}

  AgentActions on_tick(const AgentView& view);          ///< Call at due(), or earlier.
  AgentActions on_connected(const AgentView& view);     ///< There is a (new) connection: what was said may be lost.
  AgentActions on_jobs_changed(const AgentView& view);  ///< A phase has changed: the coordinator hears of it at once.
  AgentActions on_message(const proto::Envelope& envelope, const AgentView& view);
  AgentActions on_leave_request(const AgentView& view);  ///< Takes no new jobs, and leaves when there are none left.

  base::Micros due() const { return registered_ ? heartbeat_at_ : register_at_; }
  bool registered() const { return registered_; }
  bool leaving() const { return leaving_; }

 private:
  void on_registered(const proto::Registered& registered, const AgentView& view, AgentActions& actions);
  void on_ack(const proto::HeartbeatAck& ack, const AgentView& view, AgentActions& actions);
  void on_directive(const proto::Directive& directive, const AgentView& view, AgentActions& actions);
  void on_directive_for_unknown(const proto::Directive& directive, const AgentView& view, AgentActions& actions);
  void on_refusal(const base::Error& error, const AgentView& view, AgentActions& actions);
  void send_register(const AgentView& view, AgentActions& actions);
  void send_heartbeat(const AgentView& view, AgentActions& actions);
  void show_jobs(const std::vector<proto::JobReport>& jobs, proto::Heartbeat& heartbeat);
  void leave_when_empty(const AgentView& view, AgentActions& actions);

  proto::Register self_;
  std::uint64_t coordinator_ = 0;  // Its incarnation.
  bool registered_ = false, was_registered_ = false, silence_said_ = false, leaving_ = false, left_ = false;
  std::uint64_t sequence_ = 0;
  base::Micros heartbeat_every_ = 200'000, lease_ = 600'000;
  base::Micros heartbeat_at_ = 0, register_at_ = 0, heard_at_ = 0;
  std::optional<base::Micros> refused_since_;
  std::map<JobKey, std::uint64_t> shown_released_;  // The first heartbeat that showed it.
  std::map<JobKey, proto::JobReport> never_here_;   // Only their end is told, until that is confirmed.
  std::deque<JobKey> over_;                         // An order that comes late must not bring them back.
};

}  // namespace penstock::worker
