#include "topology/yaml/tree_builder.h"

#include <algorithm>

#include "topology/yaml/variables.h"

namespace penstock::topology {
namespace {

using Kind = YamlNode::Kind;
using Style = YamlNode::Style;

Style style_at(std::string_view text, std::size_t begin) {
  switch (begin < text.size() ? text[begin] : ' ') {
    case '\'':
      return Style::kSingleQuoted;
    case '"':
      return Style::kDoubleQuoted;
    case '|':
    case '>':
      return Style::kBlock;
    default:
      return Style::kPlain;
  }
}

std::size_t quoted_end(std::string_view text, std::size_t begin, Style style) {
  const char quote = text[begin];
  for (std::size_t i = begin + 1; i < text.size(); ++i) {
    if (style == Style::kDoubleQuoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      if (style != Style::kSingleQuoted || i + 1 >= text.size() || text[i + 1] != quote) return i + 1;
      ++i;
    }
  }
  return text.size();
}

std::size_t line_end(std::string_view text, std::size_t begin) {
  const std::size_t found = text.find_first_of("\r\n", begin);
  return found == std::string_view::npos ? text.size() : found;
}

/// A plain scalar over several lines is shown by its first.
std::size_t plain_end(std::string_view text, std::size_t begin, std::string_view value) {
  if (text.substr(begin, value.size()) == value) return begin + value.size();
  std::size_t end = line_end(text, begin);
  while (end > begin + 1 && text[end - 1] == ' ') --end;
  return end;
}

}  // namespace

std::size_t TreeBuilder::byte(const YAML::Mark& mark) const {
  return mark.pos < 0 ? 0 : std::min(static_cast<std::size_t>(mark.pos), report_.source().text().size());
}

Place TreeBuilder::token_at(std::size_t begin) const {
  const std::string_view text = report_.source().text();
  const std::size_t end = text.find_first_of(" \t\r\n,]}", begin);
  return {begin, std::max(begin + 1, end == std::string_view::npos ? text.size() : end)};
}

void TreeBuilder::count(const YAML::Mark& mark) {
  if (++nodes_ <= kMaxNodes) return;
  report_.error("too_many_nodes", {byte(mark), byte(mark) + 1}, "a topology has at most 100,000 keys and values",
                "put data into files, not into the topology");
  throw Refused{};
}

bool TreeBuilder::properties_allowed(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
  const Place place = token_at(byte(mark));
  const char first = report_.source().text().substr(place.begin, 1) == "!" ? '!' : ' ';
  if (anchor != 0) {
    report_.error("anchor", place,
                  "YAML reads '&' at the start of a value as an anchor, and anchors are not part of this language",
                  "quote the value if it is meant as text: \"" + std::string(report_.source().at(place)) + "\"");
    return false;
  }
  if (first != '!' && (tag.empty() || tag == "?" || tag == "!")) return true;
  report_.error("tag", place, "YAML reads '!' at the start of a value as a tag, and tags are not part of this language",
                "to negate a condition write \"not ...\"; quote the value if it is meant as text");
  return false;
}

void TreeBuilder::OnDocumentStart(const YAML::Mark& mark) {
  if (in_document_) {
    report_.error("several_documents", token_at(byte(mark)), "a second document begins here; a topology file holds one",
                  "put it into a file of its own");
    throw Refused{};
  }
  in_document_ = true;
}

void TreeBuilder::OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) {
  count(mark);
  const std::string_view text = report_.source().text();
  YamlNode node;
  node.place = {byte(mark), byte(mark)};
  if (anchor != 0) {
    if (!properties_allowed(mark, "", anchor)) node.kind = Kind::kFaulty;
  } else {
    for (const std::string_view word : {"null", "Null", "NULL", "~"}) {
      if (text.substr(node.place.begin, word.size()) != word) continue;
      node.kind = Kind::kScalar;
      node.text = word;
      node.place.end = node.place.begin + word.size();
      break;
    }
  }
  place_node(std::move(node));
}

void TreeBuilder::OnAlias(const YAML::Mark& mark, YAML::anchor_t) {
  count(mark);
  YamlNode node;
  node.kind = Kind::kFaulty;
  node.place = token_at(byte(mark));
  place_node(std::move(node));
}

void TreeBuilder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                           const std::string& value) {
  count(mark);
  const std::string_view text = report_.source().text();
  YamlNode node;
  node.kind = Kind::kScalar;
  node.place = {byte(mark), byte(mark) + 1};
  node.text = value;
  if (!properties_allowed(mark, tag, anchor)) {
    node.kind = Kind::kFaulty;
  } else if (tag != "!" && value.empty()) {
    node.kind = Kind::kMissing;
    node.place.end = node.place.begin;
  } else {
    node.style = style_at(text, node.place.begin);
    if (node.style == Style::kPlain || tag != "!") {
      node.style = Style::kPlain;
      node.place.end = plain_end(text, node.place.begin, value);
    } else if (node.style != Style::kBlock) {
      node.place.end = quoted_end(text, node.place.begin, node.style);
    }
  }
  node.flow = !open_.empty() && open_.back().node.flow;
  place_node(std::move(node));
}

void TreeBuilder::OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                                  YAML::EmitterStyle::value style) {
  open(Kind::kList, mark, tag, anchor, style == YAML::EmitterStyle::Flow);
}

void TreeBuilder::OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                             YAML::EmitterStyle::value style) {
  open(Kind::kMap, mark, tag, anchor, style == YAML::EmitterStyle::Flow);
}

void TreeBuilder::open(Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, bool flow) {
  count(mark);
  if (open_.size() >= static_cast<std::size_t>(kMaxDepth)) {
    report_.error("too_deep", {byte(mark), byte(mark) + 1}, "more than 64 lists and maps inside each other");
    throw Refused{};
  }
  Open next;
  next.node.kind = properties_allowed(mark, tag, anchor) ? kind : Kind::kFaulty;
  next.node.flow = flow;
  next.node.place = {byte(mark), byte(mark) + 1};
  // A faulty container still takes its parts in, as a list of whatever comes.
  open_.push_back(std::move(next));
}

void TreeBuilder::close() {
  Open done = std::move(open_.back());
  open_.pop_back();
  if (done.node.is_faulty()) done.node.items.clear();
  place_node(std::move(done.node));
}

void TreeBuilder::place_node(YamlNode node) {
  if (open_.empty()) {
    root_ = std::move(node);
    has_root_ = true;
    if (root_.is_scalar()) put_in_variables(root_, variables_, report_);
    return;
  }
  Open& parent = open_.back();
  const bool is_key = parent.node.is_map() && !parent.awaits_value;
  if (is_key) return place_key(parent, std::move(node));
  if (node.is_scalar()) put_in_variables(node, variables_, report_);
  if (!parent.node.is_map()) {
    parent.node.items.push_back(std::move(node));
    return;
  }
  parent.awaits_value = false;
  parent.node.entries.push_back({std::move(parent.key), std::move(node)});
}

void TreeBuilder::place_key(Open& map, YamlNode key) {
  map.awaits_value = true;
  if (!key.is_scalar() && !key.is_faulty()) {
    report_.error("bad_key", {key.place.begin, key.place.begin + 1}, "a key must be a name",
                  "quote a text that begins with { or [, as in \"${NAME}\"");
    key = YamlNode{};
    key.kind = Kind::kFaulty;
  } else if (key.is_scalar() && !map.keys.insert(key.text).second) {
    report_.error("duplicate_key", key.place, "the key '" + key.text + "' stands here a second time",
                  "keep one of the two");
    key.kind = Kind::kFaulty;
  }
  map.key = std::move(key);
}

}  // namespace penstock::topology
