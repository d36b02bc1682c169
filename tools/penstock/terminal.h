/// What kind of thing the standard streams are, and writing to them.
#pragma once

#include <string>
#include <string_view>

namespace penstock::tools {

/// The text without control characters other than line ends, which a terminal would obey: for what peers and files said.
std::string printable(std::string_view text);

bool is_terminal(int descriptor);

/// Writes a verb's result to standard output. Returns the exit status: a reader who has left is no failure, a full disk
/// is.
int print_result(std::string_view text);

/// `next: penstock run rides.yaml`, on standard error and only where a person reads it.
void say_next(std::string_view what);

}  // namespace penstock::tools
