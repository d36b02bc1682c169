#include "tools/penstock/terminal.h"
#include "tools/penstock/verbs.h"
#include "topology/loader.h"

namespace penstock::tools {

int verb_schema() {
  std::string schema = topology::json_schema();
  if (schema.empty() || schema.back() != '\n') schema += '\n';
  const int status = print_result(schema);
  say_next("penstock schema > penstock.schema.json, and name it in your editor's YAML settings");
  return status;
}

}  // namespace penstock::tools
