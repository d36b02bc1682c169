/// The verbs of `operators:`, one function each. Input schema known; the result is the output stream.
#pragma once

#include "topology/check/expressions.h"
#include "topology/check/stream.h"

namespace penstock::topology {

Stream check_lookup(NodeCheck& check);
Stream check_aggregate(NodeCheck& check);

/// Puts fields into a schema: a name that is there already is replaced in place.
void add_fields(const NamedExprs& named, record::Schema& schema);

std::vector<std::string> names_of(const record::Schema& schema);

/// Indices of the fields a list names; unknown ones are reported.
std::vector<int> read_fields(const Given& given, const record::Schema& schema, Report& report);

}  // namespace penstock::topology
