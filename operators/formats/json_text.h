/// JSON string escapes in both directions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/record/column_buffer.h"

namespace penstock::operators {

/// What the inside of a JSON string says. Borrows when there is no escape, else the text lives in `arena`.
/// nullopt: a bad escape (unknown, or half of a surrogate pair). `inside` is UTF-8 without control characters.
std::optional<std::string_view> unescape_json(std::string_view inside, record::TextArena& arena);

/// Writes `text` as the inside of a JSON string; at most 6 bytes for each. Returns the end.
char* escape_json(std::string_view text, char* out);

}  // namespace penstock::operators
