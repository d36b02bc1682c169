/// Reads a map of the file against a field table: unknown keys, values of a wrong kind, what is missing.
#pragma once

#include "topology/language/given.h"
#include "topology/yaml/report.h"

namespace penstock::topology {

/// `above`: where the key stands whose value `node` is; `what`: how messages call it ("the source 'rides'").
/// Whatever is wrong is reported; what could be read is returned.
GivenTable read_table(const YamlNode& node, const FieldTable& rules, Place above, const std::string& what,
                      Report& report);

/// One value against one rule.
Given read_value(const YamlNode& key, const YamlNode& node, const FieldRule& rule, Report& report);

/// What a field is for, as a hint: "from: the stream to read".
std::string doc_of(const FieldRule& rule);

/// "did you mean 'filter'?" or, when nothing is near and they are few, the whole list; else empty.
std::string nearest_hint(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace penstock::topology
