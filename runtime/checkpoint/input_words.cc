#include "runtime/checkpoint/input_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <vector>

namespace penstock::checkpoint {
namespace {

bool leads_to(const topology::Plan& plan, std::uint32_t from, std::uint32_t to) {
  std::vector<bool> reached(plan.nodes.size(), false);
  reached[static_cast<std::size_t>(plan.chains[from].nodes.front())] = true;
  for (bool more = true; more;) {
    more = false;
    for (const topology::PlanEdge& edge : plan.edges) {
      if (!reached[static_cast<std::size_t>(edge.from)] || reached[static_cast<std::size_t>(edge.to)]) continue;
      more = reached[static_cast<std::size_t>(edge.to)] = true;
    }
  }
  return reached[static_cast<std::size_t>(plan.chains[to].nodes.front())];
}

/// Of the sources that lead to the node: the records that were on their way, or else all.
std::vector<InputAt> inputs_of(const topology::Plan& plan, const Deaths::AtWork& death) {
  std::vector<InputAt> inputs;
  const WorkedOn& work = death.work;
  if (!work.partition.empty() || work.chain >= plan.chains.size()) return inputs;
  std::copy_if(death.inputs.begin(), death.inputs.end(), std::back_inserter(inputs), [&](const InputAt& one) {
    return one.chain < plan.chains.size() && leads_to(plan, one.chain, work.chain);
  });
  const auto is_on_its_way = [](const InputAt& one) { return one.on_its_way; };
  if (std::any_of(inputs.begin(), inputs.end(), is_on_its_way))
    std::erase_if(inputs, [](const InputAt& one) { return !one.on_its_way; });
  return inputs;
}

std::string in_words(const topology::Plan& plan, const std::vector<InputAt>& inputs, const char* between) {
  std::string words;
  for (const InputAt& one : inputs) {
    const auto source = static_cast<std::size_t>(plan.chains[one.chain].nodes.front());
    words +=
        fmt::format("{}{}, {} at {}", words.empty() ? "" : between, plan.nodes[source].name, one.partition, one.offset);
  }
  return words;
}

}  // namespace

std::string on_its_way_in_words(const topology::Plan& plan, const Deaths::AtWork& death) {
  const std::vector<InputAt> inputs = inputs_of(plan, death);
  return inputs.empty() || !inputs.front().on_its_way ? "" : in_words(plan, inputs, " or ");
}

std::string inputs_in_words(const topology::Plan& plan, const Deaths::AtWork& death) {
  const std::vector<InputAt> inputs = inputs_of(plan, death);
  if (inputs.empty()) return "";
  if (inputs.front().on_its_way) return "; the record on its way was " + in_words(plan, inputs, " or ");
  return "; sources had been read to " + in_words(plan, inputs, " and ");
}

}  // namespace penstock::checkpoint
