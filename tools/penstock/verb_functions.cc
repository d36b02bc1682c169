#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "tools/penstock/exit_status.h"
#include "tools/penstock/terminal.h"
#include "tools/penstock/verbs.h"
#include "topology/expression/expression.h"
#include "topology/expression/functions.h"

namespace penstock::tools {
namespace {

using topology::Function;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// That very function, else all whose name holds the text.
std::vector<const Function*> wanted(const std::string& name) {
  std::vector<const Function*> exact;
  std::vector<const Function*> partial;
  for (const Function& function : topology::functions()) {
    if (function.name == name) exact.push_back(&function);
    if (function.name.find(name) != std::string_view::npos) partial.push_back(&function);
  }
  return exact.empty() ? partial : exact;
}

std::string block_of(const Function& function) {
  std::string text;
  for (const topology::Signature& signature : function.signatures)
    text += fmt::format("  {:<18}{}\n", text.empty() ? function.name : "", signature.text);
  text += fmt::format("  {:<18}{}\n", "", function.doc);
  return text + fmt::format("  {:<18}{}  gives  {}\n\n", "", function.example, function.example_result);
}

std::string as_text(const std::vector<const Function*>& functions) {
  std::string text;
  const Function* previous = nullptr;
  for (const Function* function : functions) {
    if (previous == nullptr || previous->section != function->section)
      text += fmt::format("{}\n", topology::to_string(function->section));
    text += block_of(*function);
    previous = function;
  }
  text.pop_back();
  return text;
}

std::string as_json(const std::vector<const Function*>& functions) {
  auto list = nlohmann::ordered_json::array();
  for (const Function* function : functions) {
    auto types = nlohmann::ordered_json::array();
    for (const topology::Signature& signature : function->signatures) types.push_back(signature.text);
    list.push_back({{"name", function->name},
                    {"section", topology::to_string(function->section)},
                    {"types", std::move(types)},
                    {"doc", function->doc},
                    {"example", function->example},
                    {"result", function->example_result}});
  }
  return list.dump(2) + "\n";
}

int none_such(const std::string& name) {
  std::vector<std::string> names;
  for (const Function& function : topology::functions()) names.emplace_back(function.name);
  const std::vector<std::string> near = topology::nearest_names(name, names);
  fmt::print(stderr, "penstock functions: there is no function '{}'{}\n", name,
             near.empty() ? "" : fmt::format("; did you mean '{}'?", near.front()));
  return kFailed;
}

}  // namespace

int verb_functions(const FunctionsOptions& options) {
  const auto functions = wanted(lower(options.name));
  if (functions.empty()) return none_such(options.name);
  const int status = print_result(options.json ? as_json(functions) : as_text(functions));
  if (options.name.empty()) say_next("penstock functions NAME, for one of them");
  return status;
}

}  // namespace penstock::tools
