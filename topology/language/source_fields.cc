#include "topology/language/field_table.h"

namespace penstock::topology {
namespace {

const FieldTable kCsv{
    "csv options",
    {{.name = "header",
      .kind = ValueKind::kFlag,
      .doc = "The first line names the columns, which are then matched by name",
      .otherwise = "true"},
     {.name = "delimiter", .kind = ValueKind::kText, .doc = "One character between cells", .otherwise = "\",\""}}};

const FieldTable kFormat{"format",
                         {{.name = "csv", .kind = ValueKind::kTable, .doc = "csv with options", .table = &kCsv}}};

const FieldTable kFileSource{
    "file source",
    {{.name = "path",
      .kind = ValueKind::kText,
      .doc = "A file, a directory or a glob such as \"rides/*.jsonl\"; each file is one partition",
      .required = true},
     {.name = "follow",
      .kind = ValueKind::kFlag,
      .doc = "Keep reading what is appended or added",
      .otherwise = "false"}}};

const FieldTable kStdin{"stdin source", {}};

const FieldTable kGenerate{
    "generate source",
    {{.name = "count", .kind = ValueKind::kInteger, .doc = "How many rows; without it they never end"},
     {.name = "rate",
      .kind = ValueKind::kRate,
      .doc = "Rows a second; each row then has the time at which it is due, as `due`",
      .otherwise = "as fast as possible"}}};

const FieldTable kTcpSource{
    "tcp source",
    {{.name = "connect", .kind = ValueKind::kText, .doc = "\"host:port\" to connect to and read from"},
     {.name = "listen",
      .kind = ValueKind::kText,
      .doc = "\"host:port\" to listen on; each connection is one partition"}},
    {{"connect", "listen"}}};

const FieldTable kEventTime{
    "event_time",
    {{.name = "field", .kind = ValueKind::kText, .doc = "A field of type timestamp", .required = true},
     {.name = "out_of_order",
      .kind = ValueKind::kDuration,
      .doc = "How far behind the newest row of its partition a row may come",
      .otherwise = "0s"},
     {.name = "idle_after",
      .kind = ValueKind::kDuration,
      .doc = "A partition silent for so long no longer holds time back",
      .otherwise = "never",
      .words = {"never"},
      .least = 1}}};

}  // namespace

const FieldTable& format_fields() { return kFormat; }

const FieldTable& source_fields() {
  static const FieldTable table{
      "source",
      {{.name = "file", .kind = ValueKind::kTable, .doc = "Reads files", .table = &kFileSource, .verb = true},
       {.name = "stdin", .kind = ValueKind::kTable, .doc = "Reads standard input", .table = &kStdin, .verb = true},
       {.name = "generate",
        .kind = ValueKind::kTable,
        .doc = "Makes rows: i = 0, 1, 2 ...",
        .table = &kGenerate,
        .verb = true},
       {.name = "tcp", .kind = ValueKind::kTable, .doc = "Reads from a socket", .table = &kTcpSource, .verb = true},
       {.name = "kafka", .kind = ValueKind::kTable, .verb = true, .not_yet = "the kafka source"},
       {.name = "format",
        .kind = ValueKind::kChoice,
        .doc = "How bytes become rows (not for generate)",
        .words = {"json", "csv", "text", "raw"},
        .table = &kFormat},
       {.name = "schema", .kind = ValueKind::kTypes, .doc = "Fields and their types (json and csv)"},
       {.name = "fields",
        .kind = ValueKind::kNamedExpressions,
        .doc = "The fields of generated rows, computed from `i` and `due`"},
       {.name = "event_time",
        .kind = ValueKind::kTable,
        .doc = "Which field says when a row happened",
        .table = &kEventTime},
       {.name = "rate", .kind = ValueKind::kRate, .doc = "At most so many rows a second", .otherwise = "no bound"},
       {.name = "metadata", .kind = ValueKind::kTypes, .not_yet = "metadata"},
       {.name = "journal",
        .kind = ValueKind::kFlag,
        .doc = "Writes to disk what arrived (stdin, tcp) before it is used, so that it can be read again",
        .otherwise = "false"},
       {.name = "on_error",
        .kind = ValueKind::kChoice,
        .doc = "What becomes of a row that cannot be read",
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

const FieldTable& table_fields() {
  static const FieldTable file{
      "file table",
      {{.name = "path", .kind = ValueKind::kText, .doc = "A file, a directory or a glob", .required = true}}};
  static const FieldTable table{
      "table",
      {{.name = "file", .kind = ValueKind::kTable, .doc = "Reads files", .table = &file, .verb = true},
       {.name = "format",
        .kind = ValueKind::kChoice,
        .doc = "How bytes become rows",
        .required = true,
        .words = {"json", "csv"},
        .table = &kFormat},
       {.name = "schema", .kind = ValueKind::kTypes, .doc = "Fields and their types", .required = true},
       {.name = "key",
        .kind = ValueKind::kNames,
        .doc = "The fields a row is found by; two rows of one key are an error",
        .required = true},
       {.name = "reload",
        .kind = ValueKind::kDuration,
        .doc = "How often the files are read again; a table that cannot be read stays as it was",
        .otherwise = "never"}}};
  return table;
}

}  // namespace penstock::topology
