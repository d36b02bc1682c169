#include <algorithm>

#include "topology/check/connectors.h"
#include "topology/check/stream.h"

namespace penstock::topology {
namespace {

/// text and raw write one field a row.
void check_shape_of_format(NodeCheck& check) {
  const std::string& format = check.node().format;
  if ((format != "text" && format != "raw") || check.input().size() == 1) return;
  check.report.error(
      "wrong_type", check.fields().find("format")->node->place,
      "the format " + format + " writes rows of one field, and these have " + std::to_string(check.input().size()),
      "make such rows with a map before the sink: map: {line: \"...\"}");
}

}  // namespace

void check_sink(NodeCheck& check) {
  PlanNode& node = check.node();
  if (check.verb().table() != nullptr) read_connector(*check.verb().table(), node.verb, check);
  const Given* format = check.fields().find("format");
  if (node.verb == "discard") {
    if (format != nullptr)
      check.report.error("wrong_place", format->key->place, "'format' does not apply to discard, which writes nothing",
                         "remove it");
  } else if (!read_format(check.fields(), node.format, node.format_params, check.report)) {
    node.format = "json";
  }
  if (check.fields().get<bool>("changes", false)) {
    node.params.set("changes", true);
    if (check.checked.input.schema && check.input().index_of("change"))
      check.report.error("duplicate_field", check.fields().find("changes")->key->place,
                         "'changes' adds a field `change`, and the rows have one already",
                         "rename it with a map before the sink");
  }
  const bool directory = node.params.text("path").ends_with('/');
  if (node.verb == "stdout") check.checked.single_because = "there is one standard output";
  if (node.verb == "tcp") check.checked.single_because = "there is one socket";
  if (node.verb == "file" && !directory)
    check.checked.single_because = "the path names one file (a directory, path/, takes part files)";
  if (!check.checked.input.schema) return;
  check_shape_of_format(check);
}

}  // namespace penstock::topology
