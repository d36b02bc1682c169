/// Columns of text for people, aligned and cut to a width. Pure.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::tools {

constexpr std::size_t kAnyWidth = std::numeric_limits<std::size_t>::max();

/// Characters that `text` (UTF-8) takes on a terminal: code points, which is right for names and numbers.
std::size_t text_width(std::string_view text);
/// The text, or its beginning and an ellipsis, in at most `width` characters.
std::string cut_to_width(std::string_view text, std::size_t width);

class TextTable {
 public:
  enum class Align : unsigned char { kLeft, kRight };
  struct Column {
    std::string title;
    Align align = Align::kLeft;
  };
  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  /// Title line, then the rows; no line is longer than `width`. The first column gives way first (down to 8), so that
  /// numbers stay readable; what is still too long is cut at the right.
  std::vector<std::string> lines(std::size_t width = kAnyWidth) const;

 private:
  std::vector<std::size_t> widths(std::size_t most) const;
  std::string line(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace penstock::tools
