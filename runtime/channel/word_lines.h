/// Small files of lines of words. A comment is a line that begins with #, not any # : keys may hold one. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::channel {

struct WordLine {
  std::size_t number = 0;  ///< From 1.
  std::vector<std::string> words;
};

/// The lines that are neither blank nor comments.
std::vector<WordLine> word_lines(std::string_view text);

}  // namespace penstock::channel
