/// What a task was at when its process died, for tests.
#pragma once

#include <string>
#include <utility>

#include "runtime/base/work_mark.h"
#include "runtime/checkpoint/work_file.h"

namespace penstock::checkpoint {

inline WorkedOn rows(std::int64_t first, std::int64_t last, std::string row = "") {
  return {3,
          1,
          2,
          base::WorkMark::kRows,
          "part-0.json",
          first,
          last,
          static_cast<std::uint32_t>(last - first + 1),
          std::move(row)};
}

}  // namespace penstock::checkpoint
