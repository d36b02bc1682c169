/// Hands the faults of an evaluation to the engine.
#pragma once

#include <span>

#include "runtime/api/context.h"
#include "runtime/expression/program.h"

namespace penstock::operators {

inline void report(std::span<const expression::RowFault> faults, const record::Rows& rows, api::Context& context) {
  for (const expression::RowFault& fault : faults) context.row_failed(rows, fault.row, fault.code, fault.message);
}

}  // namespace penstock::operators
