#include "topology/yaml/parse.h"

#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <sstream>

#include "topology/yaml/parse_faults.h"
#include "topology/yaml/traps.h"
#include "topology/yaml/tree_builder.h"

namespace penstock::topology {
namespace {

/// What must hold of the bytes before a parser sees them.
bool bytes_allowed(Report& report) {
  const std::string_view text = report.source().text();
  if (text.size() > kMaxFileBytes) {
    report.error_of_file("file_too_large", "the file is over 1 MiB", "put data into files of its own");
    return false;
  }
  if (const std::size_t at = first_invalid_utf8(text); at != std::string_view::npos) {
    report.error("not_utf8", {at, at + 1}, "this is not UTF-8", "save the file as UTF-8");
    return false;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 ? c != 0x7F : (c == '\t' || c == '\n' || c == '\r')) continue;
    report.error("control_character", {i, i + 1}, "a control character that YAML does not allow", "remove it");
    return false;
  }
  return true;
}

bool read_events(TreeBuilder& builder, Report& report) {
  std::istringstream stream{std::string(report.source().text())};
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
    return true;
  } catch (const TreeBuilder::Refused&) {
    return false;
  } catch (const YAML::Exception& error) {
    const std::size_t at = error.mark.pos < 0 ? 0 : static_cast<std::size_t>(error.mark.pos);
    report_syntax_error(error.msg, at, report);
    return false;
  }
}

}  // namespace

std::optional<YamlNode> parse_yaml(const Variables& variables, Report& report) {
  if (!bytes_allowed(report)) return std::nullopt;
  TreeBuilder builder(variables, report);
  if (!read_events(builder, report)) return std::nullopt;
  YamlNode root = builder.has_root() ? builder.take_root() : YamlNode{};
  if (root.is_faulty()) return std::nullopt;
  if (root.kind == YamlNode::Kind::kMissing) {
    report.error_of_file("empty_file", "the file holds no topology",
                         "begin with 'penstock: 1', then sources, operators and sinks");
    return std::nullopt;
  }
  if (!root.is_map()) {
    report.error("not_a_topology", root.place, "a topology is a map of keys such as sources, operators and sinks",
                 "begin with 'penstock: 1'");
    return std::nullopt;
  }
  report_traps(root, report);
  return root;
}

}  // namespace penstock::topology
