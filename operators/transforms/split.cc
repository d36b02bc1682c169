#include "operators/transforms/split.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "operators/runs/faults.h"

namespace penstock::operators {

base::Result<std::unique_ptr<api::Operator>> Split::make(const api::NodeSpec& spec) {
  auto made = std::make_unique<Split>();
  for (const auto& [name, condition] : spec.node.params.get<topology::NamedExprs>("routes")) {
    const int port = topology::kFirstRoute + static_cast<int>(made->routes_.size());
    Route& route = *made->routes_.emplace_back(std::make_unique<Route>());
    for (const topology::PlanPort& planned : spec.node.ports)
      if (planned.port == port) route.choice.emplace(*spec.inputs[0], planned.schema);
    if (condition == nullptr) continue;
    auto compiled = expression::Predicate::compile(condition);
    if (!compiled) return tl::unexpected(compiled.error());
    route.condition.emplace(std::move(*compiled));
  }
  return made;
}

/// `left_` are the rows still to be given a route; a later condition is asked about those alone.
void Split::choose(Route& route, const record::Rows& rows, base::Micros now) {
  if (!route.condition) {
    route.rows.swap(left_);
    left_.clear();
    return;
  }
  const record::Rows asked = route.asked.keep(rows, left_);
  const auto chosen = route.condition->select(asked, now);
  const auto faults = route.condition->faults();
  for (const expression::RowFault& fault : faults) faults_.push_back({left_[fault.row], fault.code, fault.message});
  next_left_.clear();
  std::size_t next_chosen = 0, next_fault = 0;
  for (std::uint32_t i = 0; i < left_.size(); ++i) {
    if (next_chosen < chosen.size() && chosen[next_chosen] == i) {
      route.rows.push_back(left_[i]);
      ++next_chosen;
    } else if (next_fault < faults.size() && faults[next_fault].row == i) {
      ++next_fault;
    } else {
      next_left_.push_back(left_[i]);
    }
  }
  left_.swap(next_left_);
}

/// In the order of the rows, whichever condition each has failed in: with `on_error: fail` the first one counts.
void Split::report_faults(const record::Rows& rows, api::Context& context) {
  std::sort(faults_.begin(), faults_.end(), [](const auto& a, const auto& b) { return a.row < b.row; });
  report(faults_, rows, context);
  faults_.clear();
}

void Split::emit(Route& route, int port, const record::Rows& rows, api::Context& context) {
  if (route.rows.empty() || !route.choice || !context.wanted(port)) return;
  route.output = route.choice->apply(route.subset.keep(rows, route.rows));
  route.output.change = route.sides.after_filter(rows, route.rows);
  context.emit(port, route.output);
}

api::Step Split::process(int, const record::Rows& rows, api::Context& context) {
  left_.resize(rows.count);
  std::iota(left_.begin(), left_.end(), 0u);
  for (const auto& route : routes_) {
    route->rows.clear();
    if (left_.empty()) continue;
    choose(*route, rows, context.now());
    context.counters().passed.add(route->rows.size());
  }
  if (!faults_.empty()) report_faults(rows, context);
  context.counters().dropped.add(left_.size());
  for (std::size_t i = 0; i < routes_.size(); ++i)
    emit(*routes_[i], topology::kFirstRoute + static_cast<int>(i), rows, context);
  return api::Step::kDone;
}

}  // namespace penstock::operators
