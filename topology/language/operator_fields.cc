#include "topology/language/field_table.h"

namespace penstock::topology {
namespace {

const FieldTable kLookup{
    "lookup",
    {{.name = "table", .kind = ValueKind::kText, .doc = "A name under tables", .required = true},
     {.name = "match",
      .kind = ValueKind::kExpression,
      .doc = "Equalities, joined by `and`, between fields of the input and all key fields of the table",
      .required = true},
     {.name = "kind",
      .kind = ValueKind::kChoice,
      .doc = "left keeps rows without a match (nulls); inner drops them, counted",
      .otherwise = "inner",
      .words = {"inner", "left"}}}};

const FieldTable kWindow{
    "window",
    {{.name = "tumbling", .kind = ValueKind::kDuration, .doc = "Length of windows that follow each other", .least = 1},
     {.name = "sliding", .kind = ValueKind::kDuration, .doc = "Length of windows that overlap", .least = 1},
     {.name = "every",
      .kind = ValueKind::kDuration,
      .doc = "From the start of one sliding window to the next",
      .least = 1},
     {.name = "time",
      .kind = ValueKind::kChoice,
      .doc = "event: the time of the row; processing: the time of its arrival",
      .otherwise = "event",
      .words = {"event", "processing"}},
     {.name = "session", .kind = ValueKind::kDuration, .not_yet = "session windows"},
     {.name = "count", .kind = ValueKind::kInteger, .not_yet = "count windows"},
     {.name = "allowed_lateness", .kind = ValueKind::kDuration, .otherwise = "0s", .not_yet = "allowed_lateness"}},
    {{"tumbling", "sliding", "session", "count"}}};

const FieldTable kEmit{"emit",
                       {{.name = "every",
                         .kind = ValueKind::kDuration,
                         .doc = "The groups that changed, once in this time",
                         .least = 1000},
                        {.name = "at", .kind = ValueKind::kText, .not_yet = "emit: {at: ...}"}},
                       {{"every", "at"}}};

std::vector<FieldRule> verbs() {
  return {
      {.name = "filter",
       .kind = ValueKind::kExpression,
       .doc = "Keeps the rows for which the condition is true",
       .verb = true},
      {.name = "map", .kind = ValueKind::kNamedExpressions, .doc = "Rows of these fields and no others", .verb = true},
      {.name = "add",
       .kind = ValueKind::kNamedExpressions,
       .doc = "All fields and these; beside lookup: what is taken from the table",
       .verb = true,
       .beside_verb = true},
      {.name = "drop", .kind = ValueKind::kNames, .doc = "All fields but these", .verb = true},
      {.name = "flat_map",
       .kind = ValueKind::kNamedExpressions,
       .doc = "A row for each element of a list; the other fields repeat",
       .verb = true},
      {.name = "split",
       .kind = ValueKind::kNamedExpressions,
       .doc = "Streams NODE.NAME; a row goes to the first whose condition is true",
       .words = {"else"},
       .verb = true},
      {.name = "limit", .kind = ValueKind::kInteger, .doc = "The first so many rows", .verb = true},
      {.name = "sample",
       .kind = ValueKind::kNumber,
       .doc = "A random part of the rows, 0.01 for one in a hundred",
       .least = 0,
       .most = 1,
       .verb = true},
      {.name = "throttle", .kind = ValueKind::kRate, .doc = "At most so many rows a second", .verb = true},
      {.name = "lookup",
       .kind = ValueKind::kTable,
       .doc = "Adds fields of a table's row",
       .table = &kLookup,
       .verb = true},
      {.name = "aggregate",
       .kind = ValueKind::kNamedExpressions,
       .doc = "A row per group: key fields first, then these",
       .verb = true},
      {.name = "join", .kind = ValueKind::kTable, .verb = true, .not_yet = "join"},
      {.name = "top", .kind = ValueKind::kTable, .verb = true, .not_yet = "top"},
      {.name = "dedup", .kind = ValueKind::kTable, .verb = true, .not_yet = "dedup"},
      {.name = "reorder", .kind = ValueKind::kTable, .verb = true, .not_yet = "reorder"},
      {.name = "call", .kind = ValueKind::kTable, .verb = true, .not_yet = "call"},
      {.name = "process", .kind = ValueKind::kTable, .verb = true, .not_yet = "process"},
      {.name = "plugin", .kind = ValueKind::kTable, .verb = true, .not_yet = "plugin"}};
}

std::vector<FieldRule> modifiers() {
  return {{.name = "key_by", .kind = ValueKind::kNames, .doc = "Fields that make a group (aggregate)"},
          {.name = "window", .kind = ValueKind::kTable, .doc = "Groups rows by time (aggregate)", .table = &kWindow},
          {.name = "emit",
           .kind = ValueKind::kChoice,
           .doc = "When an aggregate without window gives rows: update for each input row, end once, or {every: 1s}",
           .otherwise = "update",
           .words = {"update", "end"},
           .table = &kEmit},
          {.name = "select", .kind = ValueKind::kNamedExpressions, .not_yet = "select (of join)"},
          {.name = "schema", .kind = ValueKind::kTypes, .not_yet = "schema (of process)"},
          {.name = "on_error",
           .kind = ValueKind::kChoice,
           .doc = "What becomes of a row that fails",
           .otherwise = "fail",
           .words = {"fail", "skip", "dead_letter"}},
          {.name = "parallelism",
           .kind = ValueKind::kInteger,
           .doc = "Tasks of this node",
           .otherwise = "that of the topology",
           .least = 1,
           .most = 1024}};
}

FieldTable make_operator_fields() {
  FieldTable table{"operator",
                   {{.name = "from",
                     .kind = ValueKind::kNames,
                     .doc = "The stream to read, or a list of streams of one schema, which are merged",
                     .required = true}}};
  for (FieldRule& rule : verbs()) table.fields.push_back(std::move(rule));
  for (FieldRule& rule : modifiers()) table.fields.push_back(std::move(rule));
  return table;
}

}  // namespace

const FieldTable& operator_fields() {
  static const FieldTable table = make_operator_fields();
  return table;
}

}  // namespace penstock::topology
