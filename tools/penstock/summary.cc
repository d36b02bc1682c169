#include "tools/penstock/summary.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "tools/penstock/quantities.h"
#include "tools/penstock/text_table.h"

namespace penstock::tools {
namespace {

using worker::NodeSnapshot;

struct Counter {
  const char* title;
  std::uint64_t NodeSnapshot::*value;
};

constexpr std::array kAccounts = {Counter{"filtered", &NodeSnapshot::filtered},
                                  Counter{"absorbed", &NodeSnapshot::absorbed}, Counter{"late", &NodeSnapshot::late},
                                  Counter{"errors", &NodeSnapshot::errors}, Counter{"dropped", &NodeSnapshot::dropped}};

std::vector<Counter> accounts_with_rows(const std::vector<NodeSnapshot>& nodes) {
  std::vector<Counter> result;
  for (const Counter& counter : kAccounts) {
    const auto counted = [&counter](const NodeSnapshot& node) { return node.*counter.value > 0; };
    if (std::any_of(nodes.begin(), nodes.end(), counted)) result.push_back(counter);
  }
  return result;
}

TextTable node_table(const std::vector<NodeSnapshot>& nodes) {
  using Align = TextTable::Align;
  const std::vector<Counter> accounts = accounts_with_rows(nodes);
  std::vector<TextTable::Column> columns = {
      {"node", Align::kLeft}, {"", Align::kLeft}, {"rows in", Align::kRight}, {"rows out", Align::kRight}};
  for (const Counter& account : accounts) columns.push_back({account.title, Align::kRight});
  TextTable table(std::move(columns));
  for (const NodeSnapshot& node : nodes) {
    const bool sink = node.kind == topology::NodeKind::kSink;
    std::vector<std::string> cells = {node.name, node.verb, grouped(node.rows_in), sink ? "" : grouped(node.rows_out)};
    for (const Counter& account : accounts)
      cells.push_back(node.*account.value == 0 ? "" : grouped(node.*account.value));
    table.add(std::move(cells));
  }
  return table;
}

std::string errors_of(const NodeSnapshot& node) {
  std::string line;
  for (const worker::ErrorCount& count : node.errors_by_code)
    line += fmt::format("{}{} {}", line.empty() ? "" : ", ", count.code, grouped(count.rows));
  return line.empty() ? line : fmt::format("  errors of {}: {}\n", node.name, line);
}

}  // namespace

std::string summary(const RunOutcome& outcome) {
  std::string text = fmt::format("{}: {} after {:.2f} s ({:.2f} s of CPU)\n", outcome.name, outcome.status(),
                                 outcome.job.seconds, outcome.cpu_seconds);
  for (const std::string& line : node_table(outcome.job.nodes).lines()) text += "  " + line + "\n";
  for (const NodeSnapshot& node : outcome.job.nodes) text += errors_of(node);
  return text;
}

}  // namespace penstock::tools
