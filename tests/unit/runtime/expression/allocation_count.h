/// Every allocation of this test program is counted, so that a test can show that a run makes none.
#pragma once

#include <cstddef>

namespace penstock::expression {
std::size_t allocations();
}
