/// What will run: nodes with schemas, edges with partitioning, chains of nodes that share tasks. Made by the planner
/// from a checked Topology; the only thing that the engine, the coordinator and the command line know of a topology.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/record/schema.h"
#include "topology/diagnostic.h"
#include "topology/expression/params.h"

namespace penstock::topology {

enum class NodeKind : std::uint8_t { kSource, kOperator, kSink };
enum class OnError : std::uint8_t { kFail, kSkip, kDeadLetter };
enum class Delivery : std::uint8_t { kExactlyOnce, kAtLeastOnce, kAtMostOnce };

/// Output ports of a node. Routes of `split` follow from kFirstRoute in the order of the file.
constexpr int kMainPort = 0;
constexpr int kErrorsPort = 1;
constexpr int kLatePort = 2;
constexpr int kFirstRoute = 3;

/// Fields of a dead letter (`NODE.errors`).
record::Schema error_schema();

struct EventTime {
  int field = -1;  ///< Of the source's schema; type timestamp.
  base::Micros out_of_order = 0;
  std::optional<base::Micros> idle_after;  ///< nullopt: never.
};

struct PlanPort {
  int port = kMainPort;
  std::string stream;       ///< As named in the file: "rides", "rides.errors", "routed.long".
  record::Schema schema;    ///< After pruning: what travels.
  bool event_time = false;  ///< Rows carry time and watermark, because someone downstream needs them.
  bool updates = false;     ///< May hold Change::kUpdate / kRetract / kDelete.
};

/// A static table (`tables:`), read whole by each task that looks it up.
struct PlanTable {
  std::string name;
  std::string connector;  ///< "file"
  Params params;
  std::string format;
  Params format_params;
  record::Schema schema;
  std::vector<int> key;
  std::optional<base::Micros> reload;
};

/// On which workers a node may run (`placement:`). A worker fits when its name is listed (or none is) and it has all of
/// the labels.
struct PlanPlacement {
  std::vector<std::string> workers;                         ///< As in the file.
  std::vector<std::pair<std::string, std::string>> labels;  ///< Key and value.

  bool operator==(const PlanPlacement&) const = default;
};

struct PlanNode {
  std::string name;
  NodeKind kind = NodeKind::kOperator;
  std::string verb;    ///< Connector or verb key: "file", "filter", "aggregate", "stdout", "merge".
  Params params;       ///< Of the connector or verb and its modifiers (window, emit, ...).
  std::string format;  ///< Sources and sinks: "json"; empty where there is none.
  Params format_params;
  record::Schema schema;        ///< Source: the declared schema, all of which is decoded and checked.
  std::vector<PlanPort> ports;  ///< Only ports that some edge reads, plus the main one of sources and operators.
  int parallelism = 1;
  std::vector<int> key;  ///< Indices in the input schema of key_by fields (or of the lookup/join match).
  OnError on_error = OnError::kFail;
  Delivery delivery = Delivery::kAtLeastOnce;  ///< Sinks.
  bool delivery_asked = false;                 ///< ... by the topology; else it is the best that can be kept.
  std::optional<EventTime> event_time;         ///< Sources.
  std::optional<double> rate;                  ///< Sources: rows per second, for the node as a whole.
  std::optional<PlanTable> table;              ///< lookup.
  std::optional<PlanPlacement> placement;      ///< nullopt: anywhere, or where the nodes of its chain must be.
  int line = 0;                                ///< In the topology file.
};

enum class Partitioning : std::uint8_t {
  kForward,    ///< Task i to task i; equal parallelism.
  kHash,       ///< By key group of the key hash.
  kRebalance,  ///< Runs to consumers in turn.
};

struct PlanEdge {
  int from = 0;  ///< Node index.
  int from_port = kMainPort;
  int to = 0;
  int to_input = 0;  ///< Position in the consumer's `from` list.
  Partitioning partitioning = Partitioning::kForward;
  std::vector<int> key;  ///< kHash: indices in the stream's (pruned) schema.
  bool chained = false;  ///< Producer and consumer share tasks and call each other directly.
};

/// Nodes that share tasks; one task per parallel instance. Nodes are in topological order, the head first. Those that
/// have a placement have the same one.
struct PlanChain {
  std::vector<int> nodes;
  int parallelism = 1;
};

struct Plan {
  std::string name;
  std::vector<PlanNode> nodes;  ///< Topological order.
  std::vector<PlanEdge> edges;
  std::vector<PlanChain> chains;
  base::Micros checkpoint_every = 1'000'000;
  std::string checkpoint_store;             ///< "file:///DIR"; empty: where whoever runs it keeps them, if anywhere.
  int checkpoint_keep = 3;                  ///< How many complete checkpoints are kept.
  std::optional<base::Micros> micro_batch;  ///< mode: {micro_batch: 500ms}
  std::vector<Diagnostic> notes;            ///< Shown by `plan`: what was assumed, what each path promises.
};

}  // namespace penstock::topology
