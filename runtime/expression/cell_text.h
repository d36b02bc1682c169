/// Cells as text: what cast(x as string), format('%s', x) and messages about failing rows show.
#pragma once

#include <string>

#include "runtime/expression/machine.h"

namespace penstock::expression {

constexpr std::size_t kLongestCellText = 64;
/// A bool, number, timestamp or duration cell; returns how many bytes were written (at most kLongestCellText).
std::size_t write_cell(record::Kind kind, const void* cell, char* out);
/// Any cell, `null` and lists too.
std::string cell_text(const record::Column& column, std::uint32_t cell);

}  // namespace penstock::expression
