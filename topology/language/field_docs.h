/// The field tables as the tables of docs/topology.md.
#pragma once

#include <string>
#include <vector>

#include "topology/language/field_table.h"

namespace penstock::topology {

/// Every table of the language, the outermost first, each once.
std::vector<const FieldTable*> all_field_tables();

/// "| key | takes | default | meaning |" and a line per field of this version; empty for a table without fields.
std::string field_table_as_markdown(const FieldTable& table);

}  // namespace penstock::topology
