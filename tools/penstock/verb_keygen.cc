#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "runtime/channel/access_list.h"
#include "runtime/channel/key_file.h"
#include "tools/penstock/exit_status.h"
#include "tools/penstock/service_options.h"
#include "tools/penstock/terminal.h"

namespace penstock::tools {

int verb_keygen(const KeygenOptions& options) {
  const std::string name = options.name.empty() ? options.prefix.substr(options.prefix.rfind('/') + 1) : options.name;
  if (!channel::is_peer_name(name)) {
    fmt::print(stderr,
               "penstock keygen: '{}' is no name for the access file: up to 63 letters, digits, dots, dashes and "
               "underscores, a letter or digit first\n  next: penstock keygen --help\n",
               printable(name));
    return kUsage;
  }
  const auto key = channel::make_key_files(options.prefix);
  if (!key) {
    fmt::print(stderr, "penstock keygen: {} [{}]\n", printable(key.error().text), key.error().code);
    return kFailed;
  }
  const std::string line = fmt::format("{} {} {}\n", name, *key, options.role);
  const nlohmann::json made = {{"name", name},
                               {"public_key", *key},
                               {"role", options.role},
                               {"secret_file", options.prefix + ".key"},
                               {"public_file", options.prefix + ".pub"}};
  const int status = print_result(options.json ? made.dump() + "\n" : line);
  say_next(
      fmt::format("append that line to the coordinator's access file (not for the coordinator's own key), and keep "
                  "{}.key secret",
                  options.prefix));
  return status;
}

}  // namespace penstock::tools
