#include "tools/penstock/command_line_parts.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

namespace penstock::tools {

void add_topology(CLI::App& verb, TopologyOptions& options) {
  verb.add_option("FILE", options.file, "The topology, a YAML file; - reads standard input")->required();
  verb.add_option("-p,--parallelism", options.parallelism, "Of every node that does not say its own")
      ->check(CLI::Range(1, kMostParallelism))
      ->type_name("N");
  verb.add_option("--set", options.set, "Value of ${NAME} in the topology; goes before the environment")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
}

void add_coordinator(CLI::App& verb, CoordinatorOptions& options) {
  verb.add_option("--coordinator", options.address, "Where the coordinator listens")
      ->envname("PENSTOCK_COORDINATOR")
      ->capture_default_str()
      ->type_name("ADDR");
  verb.add_option("--key", options.key, "Own key pair, as keygen has written it")
      ->envname("PENSTOCK_KEY")
      ->type_name("FILE");
  verb.add_option("--coordinator-key", options.coordinator_key, "The coordinator's public key, or a file that holds it")
      ->envname("PENSTOCK_COORDINATOR_KEY")
      ->type_name("KEY");
}

}  // namespace penstock::tools
