#include "topology/language/field_table.h"

namespace penstock::topology {
namespace {

const FieldTable kCheckpoint{"checkpoint",
                             {{.name = "every",
                               .kind = ValueKind::kDuration,
                               .doc = "Time from one checkpoint to the next",
                               .otherwise = "1s",
                               .least = 1000},
                              {.name = "store",
                               .kind = ValueKind::kText,
                               .doc = "Where they are kept: \"file:///DIR\", a directory that every worker sees",
                               .otherwise = "that of `run --state` or of the coordinator"},
                              {.name = "keep",
                               .kind = ValueKind::kInteger,
                               .doc = "How many complete ones are kept",
                               .otherwise = "3",
                               .least = 1,
                               .most = 1000}}};

const FieldTable kMode{"mode",
                       {{.name = "micro_batch",
                         .kind = ValueKind::kDuration,
                         .doc = "Interval of the batches",
                         .not_yet = "micro-batch mode"}}};

const FieldTable kPlacement{
    "placement",
    {{.name = "workers", .kind = ValueKind::kNames, .doc = "Names of the workers that may run this node"},
     {.name = "label", .kind = ValueKind::kNamedExpressions, .doc = "Labels that a worker must have"}},
    {{"workers", "label"}}};

}  // namespace

const FieldTable& placement_fields() { return kPlacement; }

const FieldTable& topology_fields() {
  static const FieldTable table{
      "topology",
      {{.name = "penstock",
        .kind = ValueKind::kInteger,
        .doc = "Version of the language, first in the file",
        .required = true,
        .least = 1,
        .most = 1},
       {.name = "name",
        .kind = ValueKind::kText,
        .doc = "Name of the job: up to 64 letters, digits, _ and -",
        .required = true},
       {.name = "mode",
        .kind = ValueKind::kChoice,
        .doc = "How the topology is driven",
        .otherwise = "continuous",
        .words = {"continuous"},
        .table = &kMode},
       {.name = "parallelism",
        .kind = ValueKind::kInteger,
        .doc = "Tasks of every node that does not say its own",
        .otherwise = "1",
        .least = 1,
        .most = 1024},
       {.name = "delivery",
        .kind = ValueKind::kChoice,
        .doc = "What sinks promise that do not say their own",
        .otherwise = "exactly_once where the sink can, else at_least_once",
        .words = {"exactly_once", "at_least_once", "at_most_once"}},
       {.name = "checkpoint",
        .kind = ValueKind::kTable,
        .doc = "When results become visible and durable, and where it is remembered",
        .table = &kCheckpoint},
       {.name = "sources",
        .kind = ValueKind::kNodes,
        .doc = "Where rows come from",
        .required = true,
        .table = &source_fields()},
       {.name = "tables", .kind = ValueKind::kNodes, .doc = "Data that lookup reads", .table = &table_fields()},
       {.name = "operators", .kind = ValueKind::kNodes, .doc = "What happens to rows", .table = &operator_fields()},
       {.name = "sinks", .kind = ValueKind::kNodes, .doc = "Where rows go", .required = true, .table = &sink_fields()},
       {.name = "placement",
        .kind = ValueKind::kNodes,
        .doc = "On which workers a node may run",
        .table = &kPlacement}}};
  return table;
}

}  // namespace penstock::topology
