/// What must hold of the coordinator's state, checked after every decision. The rest is checked where it would break:
/// that a job starts only once its channels are open in SimJob, what must be true at the end in SimWorld.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "runtime/coordinator/decide.h"

namespace penstock::sim {

class Invariants {
 public:
  using Broken = std::function<void(const std::string&)>;
  /// Whether a worker's part of a job has reached ENDED, as far as that worker goes.
  using Ended = std::function<bool(const coordinator::Part&, const coordinator::Job&)>;
  /// Whether there was a reason for the job not to get on, or not to be let go of.
  using Held = std::function<bool(const coordinator::Job&)>;
  Invariants(Broken broken, Ended ended, Held held)
      : broken_(std::move(broken)), ended_(std::move(ended)), held_(std::move(held)) {}

  void before(const coordinator::State& state, base::Micros now);
  void after(const coordinator::State& state, const coordinator::Event& event,
             const std::vector<coordinator::Action>& actions);

 private:
  void check_job(const coordinator::Job& job, base::Micros now);
  void check_ending(const coordinator::Job& job);
  void check_loss(const coordinator::State& state, const coordinator::Worker& worker);
  void check_new_job(const coordinator::Job& job, const coordinator::State& state);
  void check_assignment(const proto::Directive& directive, const coordinator::State& state);

  Broken broken_;
  Ended ended_;
  Held held_;
  struct Before {
    coordinator::Step step = coordinator::Step::kAssigning;
    bool unsure = false;  // A better cause may still come.
    std::uint32_t attempt = 0;
  };
  std::map<std::uint64_t, Before> jobs_;                        // Before the decision.
  std::map<std::string, bool> lost_;                            // By worker: before the decision.
  std::map<std::string, std::vector<std::uint64_t>> replaced_;  // Incarnations of a name, oldest first.
};

}  // namespace penstock::sim
