#include "topology/diagnostic.h"

#include <algorithm>

#include "topology/yaml/source_text.h"

namespace penstock::topology {
namespace {

constexpr std::size_t kWidestLine = 160;

/// What a terminal may be given: no control characters, no bytes that are not UTF-8.
std::string printable(std::string_view text) {
  std::string shown(text);
  for (std::size_t at; (at = first_invalid_utf8(shown)) != std::string_view::npos;) shown[at] = '?';
  for (char& c : shown) {
    if (c == '\t') c = ' ';
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  }
  return shown;
}

/// A very long line is shown around the fault; `column` moves along.
std::string window_of_line(std::string_view line, int& column) {
  std::string shown = printable(line);
  if (shown.size() <= kWidestLine) return shown;
  std::size_t begin = 0;
  for (int skipped = 0; skipped < column - 1 - 60 && begin < shown.size(); ++skipped)
    while (++begin < shown.size() && (static_cast<unsigned char>(shown[begin]) & 0xC0u) == 0x80u) {
    }
  std::size_t end = std::min(shown.size(), begin + kWidestLine);
  while (end < shown.size() && (static_cast<unsigned char>(shown[end]) & 0xC0u) == 0x80u) ++end;
  const std::string before = begin > 0 ? "..." : "";
  if (begin > 0) column = 61 + 3;
  return before + shown.substr(begin, end - begin) + (end < shown.size() ? "..." : "");
}

std::string line_and_caret(const Diagnostic& one, const SourceText& source) {
  int column = one.column;
  const std::string line = window_of_line(source.line(one.line), column);
  const std::string number = std::to_string(one.line);
  const std::string margin(number.size(), ' ');
  std::string text = "  " + number + " | " + line + "\n";
  const int length = std::clamp(one.length, 1, static_cast<int>(kWidestLine));
  text += "  " + margin + " | " + std::string(static_cast<std::size_t>(std::max(0, column - 1)), ' ') + "^" +
          std::string(static_cast<std::size_t>(length) - 1, '~') + "\n";
  return text;
}

}  // namespace

std::string render(const std::vector<Diagnostic>& diagnostics, std::string_view file_name, std::string_view text) {
  const SourceText source(text);
  std::string out;
  for (const Diagnostic& one : diagnostics) {
    out += file_name;
    if (one.line > 0) out += ":" + std::to_string(one.line) + ":" + std::to_string(one.column);
    out += one.severity == Severity::kError ? ": error: " : ": note: ";
    out += printable(one.message) + " [" + one.code + "]\n";
    if (one.line > 0) out += line_and_caret(one, source);
    if (one.hint.empty()) continue;
    const std::size_t margin = one.line > 0 ? 3 + std::to_string(one.line).size() : 2;
    out += std::string(margin, ' ') + "= " + printable(one.hint) + "\n";
  }
  return out;
}

}  // namespace penstock::topology
