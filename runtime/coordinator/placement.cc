#include "runtime/coordinator/placement.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "topology/plan_channels.h"
#include "topology/plan_text.h"

namespace penstock::coordinator {
namespace {

using topology::Plan;
using topology::PlanPlacement;
using Candidates = std::vector<bool>;  ///< By worker: may it have tasks of this chain?

bool any(const Candidates& candidates) {
  return std::find(candidates.begin(), candidates.end(), true) != candidates.end();
}

Candidates both(Candidates a, const Candidates& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = a[i] && b[i];
  return a;
}

std::string listed(const std::vector<PlaceableWorker>& workers) {
  constexpr std::size_t kShown = 8;
  std::string text;
  for (std::size_t i = 0; i < workers.size() && i < kShown; ++i) text += (i == 0 ? "" : ", ") + workers[i].name;
  return text + (workers.size() > kShown ? fmt::format(" and {} more", workers.size() - kShown) : "");
}

tl::unexpected<base::Error> cannot_place(const std::string& node, const std::string& why, const std::string& next) {
  return tl::unexpected<base::Error>(base::Error{"cannot_place",
                                                 fmt::format("node '{}' cannot be placed: {}; {}", node, why, next),
                                                 base::Origin::kUser, true, node});
}

/// Chains that have instance i in the same place.
struct Group {
  std::vector<std::size_t> chains;
  int parallelism = 1;
  Candidates candidates;
};

class Placing {
 public:
  Placing(const Plan& plan, std::vector<PlaceableWorker> workers) : plan_(plan), workers_(std::move(workers)) {
    std::sort(workers_.begin(), workers_.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    for (PlaceableWorker& worker : workers_) {
      worker.slots = std::max(worker.slots, 1);
      load_.push_back(worker.tasks);
      executors_.emplace_back(static_cast<std::size_t>(worker.slots), 0);
    }
  }

  base::Result<Placement> run() {
    for (std::size_t chain = 0; chain < plan_.chains.size(); ++chain) {
      auto candidates = candidates_of(chain);
      if (!candidates) return tl::unexpected(candidates.error());
      candidates_.push_back(std::move(*candidates));
    }
    make_groups();
    places_.resize(plan_.chains.size());
    for (const Group& group : groups_) place_group(group);
    return compacted();
  }

 private:
  base::Result<Candidates> candidates_of(std::size_t chain) const {
    Candidates candidates(workers_.size(), true);
    const auto& nodes = plan_.chains[chain].nodes;
    const std::string& head = plan_.nodes[static_cast<std::size_t>(nodes.front())].name;
    if (workers_.empty())
      return cannot_place(head, "there is no worker that takes tasks",
                          "start one: penstock worker --coordinator ADDRESS");
    for (const int index : nodes) {
      const topology::PlanNode& node = plan_.nodes[static_cast<std::size_t>(index)];
      if (!node.placement) continue;
      Candidates own(workers_.size());
      for (std::size_t i = 0; i < workers_.size(); ++i) own[i] = fits(*node.placement, workers_[i]);
      if (!any(own)) return no_worker_fits(node);
      candidates = both(std::move(candidates), own);
      if (!any(candidates))
        return cannot_place(node.name, "it shares its task with nodes that are placed on other workers",
                            "give the nodes of this task one placement");
    }
    return candidates;
  }

  tl::unexpected<base::Error> no_worker_fits(const topology::PlanNode& node) const {
    const std::string wanted = topology::placement_text(*node.placement);
    const std::string here = fmt::format("(workers that take tasks: {})", listed(workers_));
    if (!node.placement->labels.empty())
      return cannot_place(node.name, fmt::format("no worker has what its placement asks for, {} {}", wanted, here),
                          "start one: penstock worker --label KEY=VALUE; or change `placement` in the topology");
    return cannot_place(node.name, fmt::format("its placement asks for {}, which is not here {}", wanted, here),
                        fmt::format("start it: penstock worker --name {}; or change `placement` in the topology",
                                    node.placement->workers[0]));
  }

  void make_groups() {
    const std::vector<std::size_t> chain_of = topology::chains_of_nodes(plan_);
    std::vector<std::size_t> group_of;
    for (std::size_t chain = 0; chain < plan_.chains.size(); ++chain) {
      const auto found = group_for(chain, chain_of, group_of);
      group_of.push_back(found.value_or(groups_.size()));
      if (!found) groups_.push_back({{}, plan_.chains[chain].parallelism, candidates_[chain]});
      Group& group = groups_[group_of.back()];
      group.chains.push_back(chain);
      group.candidates = both(std::move(group.candidates), candidates_[chain]);
    }
  }

  std::optional<std::size_t> group_for(std::size_t chain, const std::vector<std::size_t>& chain_of,
                                       const std::vector<std::size_t>& group_of) const {
    for (const topology::PlanEdge& edge : plan_.edges) {
      if (edge.chained || edge.partitioning != topology::Partitioning::kForward) continue;
      const std::size_t from = chain_of[static_cast<std::size_t>(edge.from)];
      if (chain_of[static_cast<std::size_t>(edge.to)] != chain || from >= chain) continue;
      const std::size_t group = group_of[from];
      if (any(both(groups_[group].candidates, candidates_[chain]))) return group;
    }
    return std::nullopt;
  }

  void place_group(const Group& group) {
    std::vector<int> count(workers_.size(), 0);
    std::vector<std::vector<int>> own(workers_.size());  // Instances of this group by executor.
    for (std::size_t i = 0; i < workers_.size(); ++i) own[i].assign(executors_[i].size(), 0);
    const int tasks = static_cast<int>(group.chains.size());
    for (int instance = 0; instance < group.parallelism; ++instance) {
      const std::size_t worker = worker_for(group, count);
      const std::size_t executor = executor_for(own[worker], executors_[worker]);
      ++count[worker];
      ++own[worker][executor];
      load_[worker] += tasks;
      executors_[worker][executor] += tasks;
      for (const std::size_t chain : group.chains)
        places_[chain].push_back({static_cast<int>(worker), static_cast<int>(executor)});
    }
  }

  std::size_t worker_for(const Group& group, const std::vector<int>& count) const {
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < workers_.size(); ++i)
      if (group.candidates[i] && (!best || is_better(i, *best, count, group.parallelism > 1))) best = i;
    return *best;  // A group has a candidate, or place() has said so before.
  }

  /// Fractions of slots are compared without rounding.
  bool is_better(std::size_t a, std::size_t b, const std::vector<int>& count, bool spread) const {
    const long slots_a = workers_[a].slots;
    const long slots_b = workers_[b].slots;
    const long share_a = (count[a] + 1) * slots_b;
    const long share_b = (count[b] + 1) * slots_a;
    if (spread && share_a != share_b) return share_a < share_b;
    return (load_[a] + 1) * slots_b < (load_[b] + 1) * slots_a;  // Workers are in name order: a tie leaves the first.
  }

  static std::size_t executor_for(const std::vector<int>& own, const std::vector<int>& all) {
    std::size_t best = 0;
    for (std::size_t i = 1; i < all.size(); ++i)
      if (std::pair(own[i], all[i]) < std::pair(own[best], all[best])) best = i;
    return best;
  }

  /// Leaves out workers and executors that the job does not use.
  Placement compacted() const {
    Placement placement{{}, places_};
    for (std::size_t worker = 0; worker < workers_.size(); ++worker) {
      int executors = 0;
      for (std::size_t executor = 0; executor < executors_[worker].size(); ++executor) {
        if (executors_[worker][executor] == 0) continue;
        for (std::size_t chain = 0; chain < places_.size(); ++chain)
          for (std::size_t i = 0; i < places_[chain].size(); ++i)
            if (places_[chain][i] == TaskPlace{static_cast<int>(worker), static_cast<int>(executor)})
              placement.tasks[chain][i] = {static_cast<int>(placement.workers.size()), executors};
        ++executors;
      }
      if (executors > 0) placement.workers.push_back({workers_[worker].name, executors});
    }
    return placement;
  }

  const Plan& plan_;
  std::vector<PlaceableWorker> workers_;
  std::vector<Candidates> candidates_;  // By chain.
  std::vector<Group> groups_;
  std::vector<long> load_;                      // Tasks by worker, those of other jobs included.
  std::vector<std::vector<int>> executors_;     // Tasks of this job by worker and executor.
  std::vector<std::vector<TaskPlace>> places_;  // By chain and instance, with indices of workers_.
};

}  // namespace

bool fits(const PlanPlacement& placement, const PlaceableWorker& worker) {
  const auto& names = placement.workers;
  if (!names.empty() && std::find(names.begin(), names.end(), worker.name) == names.end()) return false;
  return std::all_of(placement.labels.begin(), placement.labels.end(), [&](const auto& label) {
    return std::find(worker.labels.begin(), worker.labels.end(), label) != worker.labels.end();
  });
}

base::Result<Placement> place(const Plan& plan, std::vector<PlaceableWorker> workers) {
  return Placing(plan, std::move(workers)).run();
}

}  // namespace penstock::coordinator
