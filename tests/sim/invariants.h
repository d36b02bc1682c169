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
  Invariants(Broken broken, Ended ended) : broken_(std::move(broken)), ended_(std::move(ended)) {}

  void before(const coordinator::State& state);
  void after(const coordinator::State& state, const coordinator::Event& event,
             const std::vector<coordinator::Action>& actions);

 private:
  struct Seen {
    coordinator::Step step = coordinator::Step::kAssigning;
    bool firm = false;
  };
  void check_job(const coordinator::State& state, const coordinator::Job& job, base::Micros now);
  void check_loss(const coordinator::State& state, const coordinator::Worker& worker, base::Micros now);
  void check_new_job(const coordinator::Job& job, const coordinator::State& state);
  void check_assignment(const proto::Directive& directive, const coordinator::State& state);

  Broken broken_;
  Ended ended_;
  std::map<std::uint64_t, Seen> jobs_;
  std::map<std::string, bool> lost_;                            // By worker: before the decision.
  std::map<std::string, std::vector<std::uint64_t>> replaced_;  // Incarnations of a name, oldest first.
};

}  // namespace penstock::sim
