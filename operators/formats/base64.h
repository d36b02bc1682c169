/// Base64 (RFC 4648, with padding): how a `bytes` field stands in JSON and CSV.
#pragma once

#include <optional>
#include <string_view>

#include "runtime/record/column_buffer.h"

namespace penstock::operators {

constexpr std::size_t base64_size(std::size_t bytes) { return (bytes + 2) / 3 * 4; }
/// Writes base64_size(bytes.size()) characters; returns the end.
char* write_base64(std::string_view bytes, char* out);
/// nullopt: not Base64. The bytes live in `arena`.
std::optional<std::string_view> read_base64(std::string_view text, record::TextArena& arena);

}  // namespace penstock::operators
