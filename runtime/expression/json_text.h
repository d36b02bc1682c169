/// Cells as JSON, for to_json().
#pragma once

#include <string>
#include <string_view>

#include "runtime/record/rows.h"

namespace penstock::expression {

/// In double quotes, with what JSON wants escaped.
void append_json_text(std::string& out, std::string_view text);
/// Numbers and bools as such, times and durations as text, bytes as hexadecimal text, null as null.
void append_json(std::string& out, const record::Column& column, std::uint32_t cell);

}  // namespace penstock::expression
