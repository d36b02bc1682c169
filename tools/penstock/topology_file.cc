#include "tools/penstock/topology_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>

#include "tools/penstock/exit_status.h"
#include "tools/penstock/shell_quote.h"
#include "topology/expression/expression.h"

namespace penstock::tools {
namespace {

constexpr std::size_t kMostBytes = (1 << 20) + 1;  ///< The loader's limit and one more.

base::Result<std::string> read_descriptor(int descriptor, const std::string& name) {
  std::string text;
  char buffer[1 << 16];
  while (text.size() < kMostBytes) {
    const ssize_t got = read(descriptor, buffer, sizeof buffer);
    if (got == 0) break;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      return base::fail("unreadable_topology", fmt::format("cannot read {}: {}", name, std::strerror(errno)));
    text.append(buffer, static_cast<std::size_t>(got));
  }
  return text;
}

base::Result<Variables> parse_values(const std::vector<std::string>& set) {
  Variables values;
  for (const std::string& item : set) {
    const std::size_t equals = item.find('=');
    if (equals == std::string::npos || equals == 0)
      return base::fail("bad_set", fmt::format("--set wants NAME=value, not '{}'", item));
    values[item.substr(0, equals)] = item.substr(equals + 1);
  }
  return values;
}

/// A value that the topology never asked for is a slip of the pen.
base::Result<void> all_used(const Variables& values, const std::vector<std::string>& asked) {
  for (const auto& [name, value] : values) {
    if (std::find(asked.begin(), asked.end(), name) != asked.end()) continue;
    const std::vector<std::string> near = topology::nearest_names(name, asked, 1);
    const std::string hint = !near.empty()   ? fmt::format("; did you mean {}?", near.front())
                             : asked.empty() ? std::string("; it has no variables")
                                             : fmt::format("; it has {}", fmt::join(asked, ", "));
    return base::fail("unused_set", fmt::format("--set {}: the topology has no ${{{}}}{}", name, name, hint));
  }
  return {};
}

int show_error(const base::Error& error, bool json) {
  if (json)
    fmt::print(stderr, "{}\n",
               nlohmann::ordered_json{{"error", {{"code", error.code}, {"message", error.text}}}}.dump());
  else
    fmt::print(stderr, "penstock: {}\n", error.text);
  return kUsage;
}

}  // namespace

base::Result<TopologyText> read_topology(const std::string& file) {
  if (file == "-") {
    auto text = read_descriptor(STDIN_FILENO, "standard input");
    if (!text) return tl::unexpected(text.error());
    return TopologyText{"<stdin>", std::move(*text)};
  }
  const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    return base::fail("unreadable_topology", fmt::format("cannot open {}: {}", file, std::strerror(errno)));
  auto text = read_descriptor(descriptor, file);
  close(descriptor);
  if (!text) return tl::unexpected(text.error());
  return TopologyText{file, std::move(*text)};
}

base::Result<Loaded> load_topology(const TopologyText& text, const TopologyOptions& options, Variables* given) {
  auto values = parse_values(options.set);
  if (!values) return tl::unexpected(values.error());
  topology::LoadOptions load_options;
  load_options.parallelism = options.parallelism;
  std::vector<std::string> asked;
  load_options.variable = [&](const std::string& name) -> std::optional<std::string> {
    if (std::find(asked.begin(), asked.end(), name) == asked.end()) asked.push_back(name);
    std::optional<std::string> value;
    if (const auto at = values->find(name); at != values->end()) {
      value = at->second;
    } else if (const char* found = std::getenv(name.c_str())) {
      value = found;
    }
    if (value && given != nullptr) given->insert_or_assign(name, *value);
    return value;
  };
  Loaded loaded = topology::load(text.text, load_options);
  if (!std::holds_alternative<topology::Plan>(loaded)) return loaded;
  if (auto used = all_used(*values, asked); !used) return tl::unexpected(used.error());
  return loaded;
}

nlohmann::ordered_json diagnostics_as_json(const std::vector<topology::Diagnostic>& diagnostics) {
  auto list = nlohmann::ordered_json::array();
  for (const topology::Diagnostic& item : diagnostics) {
    list.push_back({{"severity", item.severity == topology::Severity::kError ? "error" : "note"},
                    {"code", item.code},
                    {"message", item.message},
                    {"hint", item.hint},
                    {"line", item.line},
                    {"column", item.column},
                    {"length", item.length}});
  }
  return list;
}

std::variant<LoadedFile, int> file_or_status(const TopologyOptions& options, bool json) {
  auto text = read_topology(options.file);
  if (!text) return show_error(text.error(), json);
  Variables given;
  auto loaded = load_topology(*text, options, &given);
  if (!loaded) return show_error(loaded.error(), json);
  if (auto* plan = std::get_if<topology::Plan>(&*loaded))
    return LoadedFile{std::move(*plan), std::move(*text), std::move(given)};
  const auto& faults = std::get<std::vector<topology::Diagnostic>>(*loaded);
  if (json)
    fmt::print(stderr, "{}\n",
               nlohmann::ordered_json{{"file", text->name}, {"diagnostics", diagnostics_as_json(faults)}}.dump());
  else
    fmt::print(stderr, "{}", topology::render(faults, text->name, text->text));
  return kBadTopology;
}

std::variant<topology::Plan, int> plan_or_status(const TopologyOptions& options, bool json) {
  auto loaded = file_or_status(options, json);
  if (const int* status = std::get_if<int>(&loaded)) return *status;
  return std::move(std::get<LoadedFile>(loaded).plan);
}

std::string same_options(const std::string& verb, const TopologyOptions& options) {
  std::string line = "penstock " + verb + " " + shell_quote(options.file);
  if (options.parallelism) line += fmt::format(" --parallelism {}", *options.parallelism);
  for (const std::string& item : options.set) line += " --set " + shell_quote(item);
  return line;
}

}  // namespace penstock::tools
