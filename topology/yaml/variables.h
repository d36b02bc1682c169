/// ${NAME} and ${NAME:-default} in scalars.
#pragma once

#include "topology/yaml/parse.h"

namespace penstock::topology {

/// Puts values into `scalar.text`; a missing variable or a malformed reference makes the node faulty and is reported.
void put_in_variables(YamlNode& scalar, const Variables& variables, Report& report);

}  // namespace penstock::topology
