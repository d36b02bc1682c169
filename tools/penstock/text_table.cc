#include "tools/penstock/text_table.h"

#include <algorithm>

namespace penstock::tools {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kLeastFirst = 8;  ///< The first column is not made narrower than this.

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

}  // namespace

std::size_t text_width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

std::string cut_to_width(std::string_view text, std::size_t width) {
  if (text_width(text) <= width) return std::string(text);
  if (width == 0) return {};
  std::size_t characters = 0;
  std::size_t end = 0;
  while (end < text.size() && (!begins_character(text[end]) || characters++ < width - 1)) ++end;
  return std::string(text.substr(0, end)) + "…";
}

std::vector<std::size_t> TextTable::widths(std::size_t most) const {
  std::vector<std::size_t> result(columns_.size());
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    result[i] = text_width(columns_[i].title);
    for (const auto& row : rows_) result[i] = std::max(result[i], text_width(row[i]));
  }
  std::size_t total = kGap * (columns_.size() - 1);
  for (const std::size_t width : result) total += width;
  if (total > most && result[0] > kLeastFirst) result[0] -= std::min(result[0] - kLeastFirst, total - most);
  return result;
}

std::string TextTable::line(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) const {
  std::string text;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string cell = cut_to_width(cells[i], widths[i]);
    const std::string padding(widths[i] - text_width(cell), ' ');
    if (i > 0) text.append(kGap, ' ');
    text += columns_[i].align == Align::kRight ? padding + cell : cell + padding;
  }
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

std::vector<std::string> TextTable::lines(std::size_t width) const {
  const std::vector<std::size_t> column_widths = widths(width);
  std::vector<std::string> titles;
  for (const Column& column : columns_) titles.push_back(column.title);
  std::vector<std::string> result = {cut_to_width(line(titles, column_widths), width)};
  for (const auto& row : rows_) result.push_back(cut_to_width(line(row, column_widths), width));
  return result;
}

}  // namespace penstock::tools
