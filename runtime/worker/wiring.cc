#include "runtime/worker/wiring.h"

#include <algorithm>
#include <map>

#include "runtime/base/check.h"
#include "runtime/base/limits.h"
#include "runtime/checkpoint/checkpoint_store.h"
#include "runtime/record/key_hash.h"
#include "runtime/task/sink_operator.h"
#include "topology/plan_channels.h"

namespace penstock::worker {

using topology::NodeKind;
using topology::PlanEdge;
using topology::PlanNode;

JobPlace place_tasks(const topology::Plan& plan, int executors) {
  JobPlace place;
  place.here = {0, executors, executors};
  std::vector<int> used(static_cast<std::size_t>(executors), 0);
  int next = 0;
  for (const topology::PlanChain& chain : plan.chains) {
    auto& instances = place.homes.emplace_back();
    for (int i = 0; i < chain.parallelism; ++i) {
      const int executor = next++ % executors;
      instances.push_back({executor, used[static_cast<std::size_t>(executor)]++});
    }
  }
  return place;
}

namespace {

class Wiring {
 public:
  Wiring(const topology::Plan& plan, const api::Registry& registry, const JobPlace& place,
         const std::vector<std::unique_ptr<Executor>>& executors, const JobMemory& memory)
      : plan_(plan),
        registry_(registry),
        place_(place),
        executors_(executors),
        memory_(memory),
        chain_of_(topology::chains_of_nodes(plan)) {}

  base::Result<void> run() {
    for_each_task_here([this](std::size_t chain, int instance) {
      executor_of(home(chain, instance)).add_chain();
      ++tasks_here_;
    });
    base::Result<void> made;
    for_each_task_here([&](std::size_t chain, int instance) {
      if (made) made = make_task(chain, instance);
    });
    if (!made) return made;
    for (const PlanEdge& edge : plan_.edges)
      if (edge.chained) connect_inside(edge);
    connect_channels();
    for (auto& [home, inputs] : gates_)
      task_at(home).set_gate(std::make_unique<task::InputGate>(std::move(inputs.channels), std::move(inputs.readers)));
    return {};
  }

 private:
  struct Inputs {
    std::vector<task::InputGate::Input> channels;
    std::vector<std::unique_ptr<task::FrameReader>> readers;
  };
  using HomeKey = std::pair<int, int>;

  bool is_here(HomeKey home) const { return place_.here.holds(home.first); }
  template <class Do>
  void for_each_task_here(Do&& action) {
    for (std::size_t chain = 0; chain < plan_.chains.size(); ++chain)
      for (int instance = 0; instance < plan_.chains[chain].parallelism; ++instance)
        if (is_here(home(chain, instance))) action(chain, instance);
  }
  Executor& executor_of(HomeKey home) { return *executors_[static_cast<std::size_t>(home.first - place_.here.first)]; }
  task::Chain& task_at(HomeKey home) { return *executor_of(home).chains()[static_cast<std::size_t>(home.second)]; }
  HomeKey home(std::size_t chain, int instance) const {
    const TaskHome& at = place_.homes[chain][static_cast<std::size_t>(instance)];
    return {at.executor, at.chain};
  }
  task::Node& node_at(int node, int instance) {
    const std::size_t chain = chain_of_[static_cast<std::size_t>(node)];
    const auto& members = plan_.chains[chain].nodes;
    const auto position = std::find(members.begin(), members.end(), node) - members.begin();
    return *task_at(home(chain, instance)).nodes()[static_cast<std::size_t>(position)];
  }

  std::vector<const record::Schema*> input_schemas(int node) const {
    std::vector<const record::Schema*> schemas;
    for (const PlanEdge& edge : plan_.edges) {
      if (edge.to != node) continue;
      if (schemas.size() <= static_cast<std::size_t>(edge.to_input))
        schemas.resize(static_cast<std::size_t>(edge.to_input) + 1);
      schemas[static_cast<std::size_t>(edge.to_input)] = &port_of(edge).schema;
    }
    return schemas;
  }
  const topology::PlanPort& port_of(const PlanEdge& edge) const {
    const auto& ports = plan_.nodes[static_cast<std::size_t>(edge.from)].ports;
    const auto at =
        std::find_if(ports.begin(), ports.end(), [&](const auto& port) { return port.port == edge.from_port; });
    CHECK(at != ports.end());
    return *at;
  }

  base::Result<void> make_task(std::size_t chain, int instance) {
    task::Chain& task = task_at(home(chain, instance));
    const auto count = static_cast<std::uint32_t>(plan_.chains[chain].parallelism);
    const auto task_index = static_cast<std::uint32_t>(instance);
    if (auto remembers = give_memory(task, chain, task_index); !remembers) return remembers;
    give_mark(task, chain, task_index);
    for (const int index : plan_.chains[chain].nodes) {
      const PlanNode& plan = plan_.nodes[static_cast<std::size_t>(index)];
      task::Node& node = task.add_node(plan);
      const api::NodeSpec spec{plan, input_schemas(index), {instance, static_cast<int>(count)}};
      if (auto made = make_node(task, node, spec); !made) return made;
    }
    return {};
  }

  /// The task's keyed state, what it is restored from, and its place at the desk.
  base::Result<void> give_memory(task::Chain& task, std::size_t chain, std::uint32_t instance) {
    const topology::PlanChain& plan = plan_.chains[chain];
    const auto count = static_cast<std::uint32_t>(plan.parallelism);
    const CheckpointSetup& setup = memory_.desk->setup();
    TaskLabel label{plan_.nodes[static_cast<std::size_t>(plan.nodes.front())].name,
                    instance,
                    count,
                    {record::first_group(instance, count), record::first_group(instance + 1, count)},
                    nullptr};
    state::TaskStateOptions options;
    options.groups = label.groups;
    for (const int node : plan.nodes) {
      const std::string& name = plan_.nodes[static_cast<std::size_t>(node)].name;
      if (memory_.restored == nullptr || memory_.restored->goes_on(name)) options.nodes.push_back(name);
    }
    if (!setup.tier_directory.empty())
      options.directory = setup.tier_directory + "/" + checkpoint::task_directory(label.chain, instance);
    options.memory_bytes = setup.memory_bytes / std::max<std::size_t>(tasks_here_, 1);
    if (memory_.restored != nullptr) {
      options.former = memory_.restored->former_states(plan_, plan, label.groups);
      auto restored = memory_.restored->task(plan_, plan, instance);
      if (!restored) return tl::unexpected(restored.error());
      task.restore(std::move(*restored));
    }
    auto state = state::make_task_state(std::move(options));
    label.state = state.get();
    task.set_state(std::move(state));
    task.set_run(setup.run);
    if (setup.store) task.set_journals(setup.store->journal_directory(setup.run.job));
    const TaskHome& at = place_.homes[chain][instance];
    executor_of({at.executor, at.chain}).enroll(memory_.desk->add_task(std::move(label)));
    return {};
  }

  void give_mark(task::Chain& task, std::size_t chain, std::uint32_t instance) {
    if (memory_.work == nullptr) return;
    base::WorkMark& mark = memory_.work->mark(marked_++);
    mark.chain = static_cast<std::uint32_t>(chain);
    mark.instance = instance;
    task.set_mark(mark, memory_.desk->setup().one_at_a_time);
  }

  base::Result<void> make_node(task::Chain& task, task::Node& node, const api::NodeSpec& spec) {
    const PlanNode& plan = spec.node;
    const auto missing = [&](const char* what) {
      return base::fail("not_in_this_build", std::string("this build has no ") + what + " '" + plan.verb + "'",
                        plan.name);
    };
    if (plan.kind == NodeKind::kSource) {
      const auto factory = registry_.sources.find(plan.verb);
      if (factory == registry_.sources.end()) return missing("source");
      auto source = factory->second(spec);
      if (!source) return tl::unexpected(source.error());
      node.set_operator(std::make_unique<task::SourceOperator>());
      auto head = std::make_unique<task::SourceHead>(std::move(*source), node, spec.place.count);
      node.set_source(head.get());
      task.set_source(std::move(head));
    } else if (plan.kind == NodeKind::kSink) {
      const auto factory = registry_.sinks.find(plan.verb);
      if (factory == registry_.sinks.end()) return missing("sink");
      auto sink = factory->second(spec);
      if (!sink) return tl::unexpected(sink.error());
      node.set_sink(std::make_unique<task::SinkOperator>(std::move(*sink)));
    } else {
      const auto factory = registry_.operators.find(plan.verb);
      if (factory == registry_.operators.end()) return missing("operator");
      auto made = factory->second(spec);
      if (!made) return tl::unexpected(made.error());
      node.set_operator(std::move(*made));
    }
    return {};
  }

  void connect_inside(const PlanEdge& edge) {
    const std::size_t chain = chain_of_[static_cast<std::size_t>(edge.from)];
    for (int i = 0; i < plan_.chains[chain].parallelism; ++i)
      if (is_here(home(chain, i)))
        node_at(edge.from, i).add_target(edge.from_port, {&node_at(edge.to, i), edge.to_input, nullptr});
  }

  /// The channels of one edge lie side by side, sender by sender.
  void connect_channels() {
    const std::vector<topology::PlanChannel> channels = topology::plan_channels(plan_);
    std::vector<task::EdgeWriter::Lane> lanes;
    std::map<std::pair<std::size_t, int>, task::FrameReader*> readers;  // One per edge and receiving task.
    for (std::uint32_t number = 0; number < channels.size(); ++number) {
      const topology::PlanChannel& channel = channels[number];
      const PlanEdge& edge = plan_.edges[channel.edge];
      const HomeKey sender = home(channel.from.chain, channel.from.instance);
      const HomeKey receiver = home(channel.to.chain, channel.to.instance);
      if (is_here(receiver)) add_in(number, edge, sender, receiver, readers[{channel.edge, channel.to.instance}]);
      if (is_here(sender)) lanes.push_back(add_out(number, sender, receiver));
      const bool last = number + 1 == channels.size() || channels[number + 1].edge != channel.edge ||
                        channels[number + 1].from != channel.from;
      if (!last || !is_here(sender)) continue;
      node_at(edge.from, channel.from.instance)
          .add_target(edge.from_port, {nullptr, 0, std::make_unique<task::EdgeWriter>(edge, layout_of(edge), lanes)});
      lanes.clear();
    }
  }

  record::RowLayout layout_of(const PlanEdge& edge) const {
    const topology::PlanPort& port = port_of(edge);
    return {&port.schema, port.event_time, edge.partitioning == topology::Partitioning::kHash};
  }

  void add_in(std::uint32_t channel, const PlanEdge& edge, HomeKey from, HomeKey to, task::FrameReader*& reader) {
    Inputs& inputs = gates_[to];
    if (reader == nullptr) {
      inputs.readers.push_back(std::make_unique<task::FrameReader>(layout_of(edge)));
      reader = inputs.readers.back().get();
    }
    auto& end = executor_of(to).board().add_in(channel, from.first, to.second, window(channel));
    inputs.channels.push_back({&end, edge.to_input, reader});
  }

  task::EdgeWriter::Lane add_out(std::uint32_t channel, HomeKey from, HomeKey to) {
    return {&executor_of(from).board().add_out(channel, to.first, from.second, window(channel)), !is_here(to)};
  }

  std::uint64_t window(std::uint32_t channel) const {
    const auto at = place_.windows.find(channel);
    return at == place_.windows.end() || base::kContrary ? base::kDefaultWindowBytes : at->second;
  }

  const topology::Plan& plan_;
  const api::Registry& registry_;
  const JobPlace& place_;
  const std::vector<std::unique_ptr<Executor>>& executors_;
  const JobMemory& memory_;
  std::vector<std::size_t> chain_of_;
  std::size_t tasks_here_ = 0, marked_ = 0;
  std::map<HomeKey, Inputs> gates_;
};

}  // namespace

base::Result<void> wire(const topology::Plan& plan, const api::Registry& registry, const JobPlace& place,
                        const std::vector<std::unique_ptr<Executor>>& executors, const JobMemory& memory) {
  return Wiring(plan, registry, place, executors, memory).run();
}

}  // namespace penstock::worker
