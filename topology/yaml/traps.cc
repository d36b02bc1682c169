#include "topology/yaml/traps.h"

#include <algorithm>

namespace penstock::topology {
namespace {

using Kind = YamlNode::Kind;

/// Parentheses that are open at the end of `text`, texts in single quotes left out. Negative: closed too often.
int open_parentheses(std::string_view text) {
  int open = 0;
  bool in_text = false;
  for (const char c : text) {
    if (c == '\'') in_text = !in_text;
    if (in_text) continue;
    if (c == '(') ++open;
    if (c == ')') --open;
  }
  return open;
}

bool cut_by_comma(const YamlNode& value) {
  return value.is_scalar() && value.style == YamlNode::Style::kPlain && value.flow && open_parentheses(value.text) > 0;
}

std::string quoted(std::string_view text) {
  const char quote = text.find('"') == std::string_view::npos ? '"' : '\'';
  return quote + std::string(text) + quote;
}

void report_cut(YamlNode& value, std::size_t end, Report& report) {
  const Place whole{value.place.begin, std::max(value.place.end, end)};
  report.error("unquoted_comma", whole, "inside { } and [ ] YAML ends a value at a comma, so this is cut in two",
               "quote it: " + quoted(report.source().at(whole)));
  value.kind = Kind::kFaulty;
}

/// Takes the pieces that follow a cut value out of `parts`, until the parentheses close.
template <class Parts, class TextOf>
std::size_t swallow_pieces(Parts& parts, std::size_t from, int open, const TextOf& node_of) {
  std::size_t end = 0;
  std::size_t last = from;
  while (last < parts.size() && open > 0) {
    const YamlNode& piece = node_of(parts[last]);
    open += open_parentheses(piece.text);
    end = std::max(end, piece.place.end);
    ++last;
  }
  parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(from), parts.begin() + static_cast<std::ptrdiff_t>(last));
  return end;
}

void mend_cut_entries(YamlNode& map, Report& report) {
  for (std::size_t i = 0; i < map.entries.size(); ++i) {
    YamlNode& value = map.entries[i].value;
    if (!cut_by_comma(value)) continue;
    const std::size_t end = swallow_pieces(map.entries, i + 1, open_parentheses(value.text),
                                           [](const YamlEntry& entry) -> const YamlNode& { return entry.key; });
    report_cut(map.entries[i].value, end, report);
  }
}

void mend_cut_items(YamlNode& list, Report& report) {
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    if (!cut_by_comma(list.items[i])) continue;
    const std::size_t end = swallow_pieces(list.items, i + 1, open_parentheses(list.items[i].text),
                                           [](const YamlNode& item) -> const YamlNode& { return item; });
    report_cut(list.items[i], end, report);
  }
}

/// `tag = ' #1'`: YAML takes the rest of the line for a comment.
void check_comment(YamlNode& scalar, Report& report) {
  if (scalar.style != YamlNode::Style::kPlain) return;
  const bool open_text = std::count(scalar.text.begin(), scalar.text.end(), '\'') % 2 == 1;
  if (!open_text && open_parentheses(scalar.text) <= 0) return;
  const std::string_view text = report.source().text();
  std::size_t at = scalar.place.end;
  while (at < text.size() && text[at] == ' ') ++at;
  if (at >= text.size() || at == scalar.place.end || text[at] != '#') return;
  const auto line = report.source().position(at).line;
  const std::size_t end = report.source().line_start(line) + report.source().line(line).size();
  report.error("comment_in_value", {at, end}, "YAML takes the rest of this line, from '#', for a comment",
               "quote the whole value: " + quoted(text.substr(scalar.place.begin, end - scalar.place.begin)));
  scalar.kind = Kind::kFaulty;
}

/// `from:rides` is one word for YAML.
void check_blank(YamlEntry& entry, Report& report) {
  if (entry.value.kind != Kind::kMissing || entry.key.style != YamlNode::Style::kPlain) return;
  const std::size_t colon = entry.key.text.find(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == entry.key.text.size()) return;
  report.error("missing_blank", entry.key.place, "YAML needs a blank after the colon",
               "write '" + entry.key.text.substr(0, colon) + ": " + entry.key.text.substr(colon + 1) + "'");
  entry.key.kind = Kind::kFaulty;
}

}  // namespace

void report_traps(YamlNode& node, Report& report) {
  if (node.is_scalar()) return check_comment(node, report);
  if (node.is_map() && node.flow) mend_cut_entries(node, report);
  if (node.is_list() && node.flow) mend_cut_items(node, report);
  for (YamlNode& item : node.items) report_traps(item, report);
  for (YamlEntry& entry : node.entries) {
    check_blank(entry, report);
    report_traps(entry.value, report);
  }
}

}  // namespace penstock::topology
