/// A fault (or a note) in a topology file, with all that is needed to show it as file, line, column, source line,
/// caret, stable code and what to type instead.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::topology {

enum class Severity : std::uint8_t { kError, kNote };

struct Diagnostic {
  std::string code;     ///< Stable, snake_case, e.g. "unknown_key".
  std::string message;  ///< What is wrong, in the user's words.
  std::string hint;     ///< What to type instead; may be empty.
  int line = 0;         ///< 1-based; 0: the file as a whole.
  int column = 0;       ///< 1-based, in characters.
  int length = 1;       ///< Characters to underline.
  Severity severity = Severity::kError;
};

/// All diagnostics as shown to a user, in file order:
///   rides.yaml:7:12: error: unknown key 'fitler' [unknown_key]
///     7 |   big: {from: rides, fitler: "fare > 100"}
///       |                      ^~~~~~
///       = did you mean 'filter'?
std::string render(const std::vector<Diagnostic>& diagnostics, std::string_view file_name, std::string_view text);

}  // namespace penstock::topology
