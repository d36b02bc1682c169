/// Which records of the sources had to do with what tasks were at when their process died (deaths.h), for people. Of
/// the sources that lead to the node, those whose record was on its way; it is not said that the node's row came of it:
/// the row of a window is of many records, and this may be the one that made the window fire, or one behind that.
/// Pure. THREAD: any.
#pragma once

#include <string>

#include "runtime/checkpoint/deaths.h"
#include "topology/plan.h"

namespace penstock::checkpoint {

/// "clicks, part-0.json at 4711", of several with "or" between. Empty: it is a source's own task, or nobody knows.
std::string on_its_way_in_words(const topology::Plan& plan, const Deaths::AtWork& death);
/// "; the record on its way was ..." as above, or else "; sources had been read to ...". May be empty too.
std::string inputs_in_words(const topology::Plan& plan, const Deaths::AtWork& death);

}  // namespace penstock::checkpoint
