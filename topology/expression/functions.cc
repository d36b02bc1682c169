#include "topology/expression/functions.h"

#include <map>

#include "topology/expression/overload.h"

namespace penstock::topology {
namespace {

using record::Kind;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

bool take_suffix(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text = trimmed(text.substr(0, text.size() - suffix.size()));
  return true;
}

TypePattern pattern_of(std::string_view text) {
  if (text.starts_with('[')) {
    const TypePattern element = pattern_of(text.substr(1, text.size() - 2));
    return {{Kind::kList, element.type.kind}, element.variable};
  }
  if (text == "any") return {{}, '*'};
  if (text == "T" || text == "U") return {{}, text.front()};
  for (int i = 0; i <= static_cast<int>(Kind::kList); ++i) {
    const auto kind = static_cast<Kind>(i);
    if (record::to_string(kind) == text) return {{kind, Kind::kNull}, '\0'};
  }
  return {};
}

}  // namespace

Signature::Signature(const char* written) : text(written) {
  const std::size_t arrow = text.find("->");
  std::string_view right = trimmed(text.substr(arrow + 2));
  can_fail = take_suffix(right, "or error");
  nullable = take_suffix(right, "?");
  result = pattern_of(right);
  std::string_view left = trimmed(text.substr(0, arrow));
  variadic = take_suffix(left, "...");
  while (!left.empty()) {
    const std::size_t comma = left.find(',');
    parameters.push_back(pattern_of(trimmed(left.substr(0, comma))));
    left = comma == left.npos ? std::string_view() : left.substr(comma + 1);
  }
}

std::string_view to_string(Section section) {
  switch (section) {
    case Section::kForms:
      return "logic and choice";
    case Section::kOperators:
      return "operators";
    case Section::kText:
      return "text";
    case Section::kNumbers:
      return "numbers";
    case Section::kTime:
      return "time";
    case Section::kJson:
      return "json";
    case Section::kHashes:
      return "hashes";
    case Section::kLists:
      return "lists";
    case Section::kAggregates:
      return "aggregates";
  }
  return "?";
}

const std::vector<Function>& functions() {
  static const std::vector<Function> all = [] {
    std::vector<Function> result;
    for (auto group : {form_functions(), operator_functions(), text_functions(), number_functions(), time_functions(),
                       json_functions(), hash_functions(), list_functions(), aggregate_functions()}) {
      for (Function& function : group) result.push_back(std::move(function));
    }
    return result;
  }();
  return all;
}

const Function* find_function(std::string_view name) {
  static const std::map<std::string_view, const Function*> by_name = [] {
    std::map<std::string_view, const Function*> result;
    for (const Function& function : functions())
      if (function.section != Section::kForms) result.emplace(function.name, &function);
    return result;
  }();
  const auto at = by_name.find(name);
  return at == by_name.end() ? nullptr : at->second;
}

const Signature* find_signature(const Function& function, const std::vector<record::Type>& arguments) {
  for (const Signature& signature : function.signatures) {
    const auto match = match_signature(signature, arguments);
    if (match && match->conversions == 0) return &signature;
  }
  return nullptr;
}

}  // namespace penstock::topology
