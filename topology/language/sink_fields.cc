#include "topology/language/field_table.h"

namespace penstock::topology {

const FieldTable& sink_fields() {
  static const FieldTable file{"file sink",
                               {{.name = "path",
                                 .kind = ValueKind::kText,
                                 .doc = "A file, or a directory (ending in /) that gets part files",
                                 .required = true}}};
  static const FieldTable stdout_table{"stdout sink", {}};
  static const FieldTable discard{"discard sink", {}};
  static const FieldTable tcp{
      "tcp sink",
      {{.name = "connect", .kind = ValueKind::kText, .doc = "\"host:port\" to connect to and write to"},
       {.name = "listen", .kind = ValueKind::kText, .doc = "\"host:port\" to listen on; every client gets every row"}},
      {{"connect", "listen"}}};
  static const FieldTable table{
      "sink",
      {{.name = "from",
        .kind = ValueKind::kNames,
        .doc = "The stream to write, or a list of streams of one schema",
        .required = true},
       {.name = "file", .kind = ValueKind::kTable, .doc = "Writes files", .table = &file, .verb = true},
       {.name = "stdout",
        .kind = ValueKind::kTable,
        .doc = "Writes to standard output",
        .table = &stdout_table,
        .verb = true},
       {.name = "tcp", .kind = ValueKind::kTable, .doc = "Writes to a socket", .table = &tcp, .verb = true},
       {.name = "discard",
        .kind = ValueKind::kTable,
        .doc = "Counts rows and forgets them",
        .table = &discard,
        .verb = true},
       {.name = "kafka", .kind = ValueKind::kTable, .verb = true, .not_yet = "the kafka sink"},
       {.name = "postgres", .kind = ValueKind::kTable, .verb = true, .not_yet = "the postgres sink"},
       {.name = "http", .kind = ValueKind::kTable, .verb = true, .not_yet = "the http sink"},
       {.name = "format",
        .kind = ValueKind::kChoice,
        .doc = "How rows become bytes",
        .otherwise = "json",
        .words = {"json", "csv", "text", "raw"},
        .table = &format_fields()},
       {.name = "changes",
        .kind = ValueKind::kFlag,
        .doc = "Adds the field `change`: insert, update or delete",
        .otherwise = "false"},
       {.name = "delivery",
        .kind = ValueKind::kChoice,
        .doc = "What this sink promises",
        .otherwise = "that of the topology",
        .words = {"exactly_once", "at_least_once", "at_most_once"}},
       {.name = "on_error",
        .kind = ValueKind::kChoice,
        .doc = "What becomes of a row that cannot be written",
        .otherwise = "fail",
        .words = {"fail", "skip", "dead_letter"}},
       {.name = "parallelism",
        .kind = ValueKind::kInteger,
        .doc = "Tasks of this node",
        .otherwise = "that of the topology",
        .least = 1,
        .most = 1024}}};
  return table;
}

}  // namespace penstock::topology
