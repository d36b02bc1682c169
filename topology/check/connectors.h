/// What sources, tables and sinks share: connector parameters, formats, declared schemas.
#pragma once

#include "topology/check/stream.h"

namespace penstock::topology {

/// Copies the connector's own fields into node.params and checks what a table of rules cannot say.
void read_connector(const GivenTable& given, const std::string& connector, NodeCheck& check);

/// `format: json` or `format: {csv: {...}}`. False: none given, or a fault (reported).
bool read_format(const GivenTable& fields, std::string& format, Params& params, Report& report);

/// `schema: {...}`; integer timestamps put `units` into `params`. nullopt: reported.
std::optional<record::Schema> read_schema(const Given& given, Params& params, Report& report);

/// False: reported. A field of the bare type null, as of `x: null`, has no place in a row.
bool all_typed(const Given& given, const NamedExprs& named, Report& report);

/// True for sources that need not come to an end.
bool is_endless(const PlanNode& source);

/// Why a source cannot read again what it has read before; empty: it can, perhaps from its journal.
std::string cannot_replay(const PlanNode& source);

/// Fills a Params from the simple values of a table.
void copy_params(const GivenTable& given, Params& params);

}  // namespace penstock::topology
