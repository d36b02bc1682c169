/// Numbers as people like to read them in a table. Never for a machine: see report.h.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/base/clock.h"

namespace penstock::tools {

std::string short_count(double count);              ///< 950, 12.3k, 4.56M, 1.20G
std::string short_bytes(std::uint64_t bytes);       ///< 0 B, 1.5 KiB, 3.2 MiB
std::string short_duration(base::Micros duration);  ///< 340ms, 1.2s, 3m12s, 5h02m, 12d, 3.1y
std::string fine_duration(base::Micros duration);   ///< 85us, 1.25ms, 340ms; from a second on as above
std::string grouped(std::uint64_t count);           ///< 1,234,567

}  // namespace penstock::tools
