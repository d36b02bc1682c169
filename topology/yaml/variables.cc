#include "topology/yaml/variables.h"

#include <algorithm>

namespace penstock::topology {
namespace {

bool is_name(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  if (text.empty() || !letter(text[0])) return false;
  return std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

/// Where `${...}` stands in the file: looked for in the scalar as it was written.
Place place_of(const YamlNode& scalar, std::string_view reference, const SourceText& source) {
  const std::size_t found = source.at(scalar.place).find(reference);
  if (found == std::string_view::npos) return scalar.place;
  return {scalar.place.begin + found, scalar.place.begin + found + reference.size()};
}

struct Reference {
  std::string_view written;  ///< "${NAME:-default}"
  std::string name;
  std::optional<std::string> otherwise;
};

Reference split_reference(std::string_view written) {
  const std::string_view inside = written.substr(2, written.size() - 3);
  const std::size_t dash = inside.find(":-");
  if (dash == std::string_view::npos) return {written, std::string(inside), std::nullopt};
  return {written, std::string(inside.substr(0, dash)), std::string(inside.substr(dash + 2))};
}

/// nullopt: reported.
std::optional<std::string> value_of(const Reference& reference, Place place, const Variables& variables,
                                    Report& report) {
  if (!is_name(reference.name)) {
    report.error("bad_variable", place, "'" + reference.name + "' cannot be the name of a variable",
                 "names have letters, digits and _, as in ${DATA_DIR} or ${DATA_DIR:-data}");
    return std::nullopt;
  }
  auto value = variables ? variables(reference.name) : std::nullopt;
  if (reference.otherwise && (!value || value->empty())) return reference.otherwise;
  if (!value) {
    report.error(
        "missing_variable", place, "the variable " + reference.name + " is not set",
        "run with --set " + reference.name + "=value, export it, or give a default: ${" + reference.name + ":-value}");
    return std::nullopt;
  }
  if (first_invalid_utf8(*value) != std::string_view::npos || value->find('\0') != std::string::npos ||
      value->size() > kMaxFileBytes) {
    report.error("bad_variable", place, "the value of " + reference.name + " is not text in UTF-8 of at most 1 MiB");
    return std::nullopt;
  }
  return value;
}

}  // namespace

std::string YamlNode::hidden(std::string words) const {
  for (const auto& [name, value] : variables) {
    if (value.empty()) continue;
    for (std::size_t at = 0; (at = words.find(value, at)) != std::string::npos; at += name.size())
      words.replace(at, value.size(), name);
  }
  return words;
}

void put_in_variables(YamlNode& scalar, const Variables& variables, Report& report) {
  if (scalar.text.find("${") == std::string::npos) return;
  std::string result;
  std::string_view rest = scalar.text;
  bool faulty = false;
  for (std::size_t at; (at = rest.find("${")) != std::string_view::npos;) {
    result += rest.substr(0, at);
    rest.remove_prefix(at);
    const std::size_t close = rest.find('}');
    if (close == std::string_view::npos) {
      report.error("bad_variable", place_of(scalar, rest.substr(0, 2), report.source()), "'${' is never closed",
                   "write ${NAME} or ${NAME:-default}");
      faulty = true;
      break;
    }
    const Reference reference = split_reference(rest.substr(0, close + 1));
    const auto value = value_of(reference, place_of(scalar, reference.written, report.source()), variables, report);
    faulty = faulty || !value || result.size() + value->size() > kMaxFileBytes;
    if (faulty && value) report.error("bad_variable", scalar.place, "the text is over 1 MiB with its variables put in");
    if (faulty) break;
    result += *value;
    scalar.variables.emplace_back("${" + reference.name + "}", *value);
    rest.remove_prefix(close + 1);
  }
  scalar.text = result + std::string(rest);
  scalar.from_variable = true;
  if (faulty) scalar.kind = YamlNode::Kind::kFaulty;
}

}  // namespace penstock::topology
