/// What kind of thing the standard streams are, and writing to them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace penstock::tools {

/// The text without control characters other than line ends, which a terminal would obey: for what peers and files
/// said.
std::string printable(std::string_view text);

bool is_terminal(int descriptor);

/// How wide a table on standard output may be: the terminal, or anything where there is none.
std::size_t output_width();

/// Writes a verb's result to standard output. Returns the exit status: a reader who has left is no failure, a full disk
/// is.
int print_result(std::string_view text);

/// False once the reader of standard output has left: for what prints for a long time.
bool output_wanted();

/// `next: penstock run rides.yaml`, on standard error and only where a person reads it.
void say_next(std::string_view what);

}  // namespace penstock::tools
