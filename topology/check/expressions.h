/// Expressions of a topology: checked against a scope, faults shown inside the YAML scalar they stand in.
#pragma once

#include <optional>

#include "topology/expression/params.h"
#include "topology/language/given.h"
#include "topology/yaml/report.h"

namespace penstock::topology {

/// nullptr: reported.
ExprPtr check_scalar(const YamlNode& node, const Scope& scope, std::optional<record::Type> expected, Report& report);

/// All of a map of named expressions. nullopt: at least one fault, reported; names are checked, too.
std::optional<NamedExprs> check_named(const Given& given, const Scope& scope, Report& report);

/// What can be said of an expression whose input is not known: how it is written.
void check_writing(const YamlNode& node, Report& report);

/// Shows one fault of the checker at its place in `node`.
void report_fault(const ExprFault& fault, const YamlNode& node, Report& report);

/// False: reported.
bool check_field_name(const YamlNode& key, Report& report);

}  // namespace penstock::topology
