#include "topology/check/expressions.h"

#include <algorithm>
#include <array>

#include "topology/language/field_types.h"
#include "topology/yaml/scalar_place.h"

namespace penstock::topology {
namespace {

bool is_identifier(const std::string& text) {
  return !text.empty() && !(text[0] >= '0' && text[0] <= '9') && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

/// `{kind: 'bid'}`: YAML eats the quotes, and what is left names a field.
bool quotes_eaten(const YamlNode& node) {
  const bool is_quoted = node.style == YamlNode::Style::kSingleQuoted || node.style == YamlNode::Style::kDoubleQuoted;
  return is_quoted && is_identifier(node.text);
}

}  // namespace

void report_fault(const ExprFault& fault, const YamlNode& node, Report& report) {
  const Place place = place_in_scalar(node, fault.span.begin, fault.span.end, report.source());
  std::string hint = node.hidden(fault.hint);
  if (quotes_eaten(node)) {
    hint = "YAML takes these quotes for its own; for the text write \"'" + node.text + "'\"";
  }
  report.error(fault.code, place, node.hidden(fault.message), std::move(hint));
}

ExprPtr check_scalar(const YamlNode& node, const Scope& scope, std::optional<record::Type> expected, Report& report) {
  if (!node.is_scalar()) return nullptr;
  auto checked = check_expression(node.text, scope, expected);
  if (auto* good = std::get_if<ExprPtr>(&checked)) return *good;
  for (const ExprFault& fault : std::get<std::vector<ExprFault>>(checked)) report_fault(fault, node, report);
  return nullptr;
}

void check_writing(const YamlNode& node, Report& report) {
  if (!node.is_scalar()) return;
  const auto checked = check_expression(node.text, Scope{});
  const auto* faults = std::get_if<std::vector<ExprFault>>(&checked);
  if (faults == nullptr) return;
  constexpr std::array<std::string_view, 14> kOfWriting{
      "unterminated_text", "unterminated_name",    "number_out_of_range", "bad_number",          "bad_duration",
      "unknown_operator",  "unexpected_character", "empty_expression",    "missing_parenthesis", "missing_bracket",
      "unexpected_token",  "expected_operand",     "missing_end",         "unknown_function"};
  for (const ExprFault& fault : *faults)
    if (std::find(kOfWriting.begin(), kOfWriting.end(), fault.code) != kOfWriting.end())
      report_fault(fault, node, report);
}

bool check_field_name(const YamlNode& key, Report& report) {
  if (is_field_name(key.text)) return true;
  report.error("bad_name", key.place, "a field cannot have this name",
               "field names have 1 to 256 characters, no control characters and no double quotes");
  return false;
}

std::optional<NamedExprs> check_named(const Given& given, const Scope& scope, Report& report) {
  NamedExprs checked;
  bool good = !given.faulty;
  if (!given.node->is_map()) return std::nullopt;
  for (const YamlEntry& entry : given.node->entries) {
    if (!entry.key.is_scalar() || !entry.value.is_scalar()) continue;
    good = check_field_name(entry.key, report) && good;
    ExprPtr expression = check_scalar(entry.value, scope, std::nullopt, report);
    good = good && expression != nullptr;
    checked.emplace_back(entry.key.text, std::move(expression));
  }
  if (!good) return std::nullopt;
  return checked;
}

}  // namespace penstock::topology
