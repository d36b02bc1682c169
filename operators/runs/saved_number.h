/// Numbers among the values that a node saves at a barrier: as text, so that they can be read by people and by later
/// versions.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/api/snapshot.h"

namespace penstock::operators {

inline std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

/// The numbers of each line, with single blanks between them, of which every line has one of these `counts`; nullopt:
/// something else stands there, or the end of the last line is missing.
inline std::optional<std::vector<std::vector<std::int64_t>>> numbers_by_line(
    std::string_view text, std::initializer_list<std::size_t> counts) {
  std::vector<std::vector<std::int64_t>> lines;
  while (!text.empty()) {
    std::vector<std::int64_t>& line = lines.emplace_back();
    for (char behind = ' '; behind != '\n';) {
      const std::size_t end = text.find_first_of(" \n");
      const auto number = end == text.npos ? std::nullopt : number_of(text.substr(0, end));
      if (!number) return std::nullopt;
      line.push_back(*number);
      behind = text[end];
      text.remove_prefix(end + 1);
    }
    if (std::find(counts.begin(), counts.end(), line.size()) == counts.end()) return std::nullopt;
  }
  return lines;
}

/// That number of every former task that had one.
inline std::vector<std::int64_t> saved_numbers(const api::Restored& restored, std::string_view name) {
  std::vector<std::int64_t> numbers;
  for (const std::string_view text : restored.all(name))
    if (const auto number = number_of(text)) numbers.push_back(*number);
  return numbers;
}

/// Of the former task of the same index, where the tasks are the same.
inline std::optional<std::int64_t> own_number(const api::Restored& restored, std::string_view name) {
  const auto text = restored.same_tasks() ? restored.own(name) : std::nullopt;
  return text ? number_of(*text) : std::nullopt;
}

}  // namespace penstock::operators
