#include "topology/yaml/source_text.h"

#include <algorithm>

namespace penstock::topology {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// Length of the well-formed sequence at text[at], 0 when there is none (RFC 3629: no surrogates, no overlong forms).
std::size_t sequence_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u; };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0u) == 0x80u; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const bool shortest = first != 0xE0 || byte(1) >= 0xA0;
    const bool no_surrogate = first != 0xED || byte(1) < 0xA0;
    return follows(1) && follows(2) && shortest && no_surrogate ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool in_range = (first != 0xF0 || byte(1) >= 0x90) && (first != 0xF4 || byte(1) < 0x90);
    return follows(1) && follows(2) && follows(3) && in_range ? 4 : 0;
  }
  return 0;
}

}  // namespace

SourceText::SourceText(std::string_view text) : text_(text) {
  if (text_.starts_with(kByteOrderMark)) text_.remove_prefix(kByteOrderMark.size());
  line_starts_.push_back(0);
  for (std::size_t i = 0; i < text_.size(); ++i)
    if (text_[i] == '\n') line_starts_.push_back(i + 1);
}

int SourceText::line_at(std::size_t byte) const {
  const auto after = std::upper_bound(line_starts_.begin(), line_starts_.end(), std::min(byte, text_.size()));
  return static_cast<int>(after - line_starts_.begin());
}

SourceText::Position SourceText::position(std::size_t byte) const {
  byte = std::min(byte, text_.size());
  const int line = line_at(byte);
  return {line, 1 + characters(line_start(line), byte)};
}

int SourceText::characters(std::size_t begin, std::size_t end) const {
  end = std::min(end, text_.size());
  int count = 0;
  for (std::size_t i = begin; i < end; ++i)
    if ((static_cast<unsigned char>(text_[i]) & 0xC0u) != 0x80u) ++count;
  return count;
}

std::string_view SourceText::line(int number) const {
  if (number < 1 || number > lines()) return {};
  const std::size_t begin = line_start(number);
  const std::size_t end = number < lines() ? line_start(number + 1) - 1 : text_.size();
  std::string_view line = text_.substr(begin, end - begin);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::string_view SourceText::at(Place place) const {
  if (place.begin >= text_.size() || place.end <= place.begin) return {};
  return text_.substr(place.begin, place.end - place.begin);
}

std::size_t first_invalid_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = sequence_length(text, i);
    if (length == 0) return i;
    i += length;
  }
  return std::string_view::npos;
}

}  // namespace penstock::topology
