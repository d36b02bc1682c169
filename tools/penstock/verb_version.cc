#include <fmt/core.h>

#include "tools/penstock/terminal.h"
#include "tools/penstock/verbs.h"

namespace penstock::tools {

int verb_version(bool json) {
  if (json)
    return print_result(fmt::format("{{\"name\":\"penstock\",\"version\":\"{}\",\"language\":1}}\n", PENSTOCK_VERSION));
  const int status = print_result(fmt::format("penstock {}\n", PENSTOCK_VERSION));
  say_next("penstock --help");
  return status;
}

}  // namespace penstock::tools
