#include "topology/yaml/scalar_place.h"

#include <algorithm>

namespace penstock::topology {
namespace {

/// Bytes that the written text has for each byte of the value; quotes left out. Empty: they cannot be matched simply.
std::vector<std::size_t> offsets_of(const YamlNode& scalar, std::string_view written) {
  std::vector<std::size_t> offsets;
  const bool is_quoted = scalar.style != YamlNode::Style::kPlain;
  const char quote = is_quoted && !written.empty() ? written.front() : '\0';
  std::size_t at = is_quoted ? 1 : 0;
  for (std::size_t i = 0; i < scalar.text.size(); ++i) {
    if (at >= written.size()) return {};
    offsets.push_back(at);
    if (quote == '\'' && written.substr(at, 2) == "''") ++at;
    if (quote == '"' && written[at] == '\\') {
      ++at;
      if (at >= written.size() || (written[at] != scalar.text[i] && written[at] != 'n' && written[at] != 't'))
        return {};
    } else if (written[at] != scalar.text[i]) {
      return {};
    }
    ++at;
  }
  offsets.push_back(at);
  return offsets;
}

/// `|` keeps lines as they are, so a line of the value is found under the one with the bar.
Place place_in_block(const YamlNode& scalar, std::size_t begin, std::size_t end, const SourceText& source) {
  const auto count = std::count(scalar.text.begin(), scalar.text.begin() + static_cast<std::ptrdiff_t>(begin), '\n');
  const int number = source.position(scalar.place.begin).line + 1 + static_cast<int>(count);
  const std::size_t value_start = scalar.text.rfind('\n', begin == 0 ? 0 : begin - 1) + 1;
  const std::size_t line_begin = begin == 0 || value_start > begin ? (count == 0 ? 0 : begin) : value_start;
  const std::size_t line_end = std::min(scalar.text.find('\n', line_begin), scalar.text.size());
  const std::string_view value_line = std::string_view(scalar.text).substr(line_begin, line_end - line_begin);
  const std::size_t indent = source.line(number).find(value_line);
  if (value_line.empty() || indent == std::string_view::npos) return scalar.place;
  const std::size_t start = source.line_start(number) + indent;
  return {start + (begin - line_begin), start + std::min(end, line_end) - line_begin};
}

}  // namespace

Place place_in_scalar(const YamlNode& scalar, std::size_t begin, std::size_t end, const SourceText& source) {
  begin = std::min(begin, scalar.text.size());
  end = std::clamp(end, begin, scalar.text.size());
  if (scalar.from_variable) return scalar.place;
  if (scalar.style == YamlNode::Style::kBlock) return place_in_block(scalar, begin, end, source);
  const auto offsets = offsets_of(scalar, source.at(scalar.place));
  if (offsets.empty()) return scalar.place;
  return {scalar.place.begin + offsets[begin], scalar.place.begin + offsets[end]};
}

}  // namespace penstock::topology
