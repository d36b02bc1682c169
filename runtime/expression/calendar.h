/// date_trunc and extract on the UTC calendar.
#pragma once

#include "runtime/base/clock.h"
#include "topology/expression/literal_arguments.h"

namespace penstock::expression {

base::Micros truncate_to(topology::TimeUnit unit, base::Micros time);
std::int64_t extract_from(topology::TimeUnit unit, base::Micros time);

}  // namespace penstock::expression
