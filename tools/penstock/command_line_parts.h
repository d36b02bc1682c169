/// Parts of the command line: a verb with what runs it, and options that several verbs take. For command_line*.cc only.
#pragma once

#include <functional>
#include <vector>

#include "tools/penstock/coordinator_options.h"
#include "tools/penstock/verbs.h"

namespace CLI {  // NOLINT(readability-identifier-naming)
class App;
}

namespace penstock::tools {

constexpr int kMostParallelism = 1024;

struct Verb {
  CLI::App* app;
  std::function<int()> run;
  const char* log_level = "warn";  ///< Unless said; services tell what they do.
};

void add_topology(CLI::App& verb, TopologyOptions& options);        ///< FILE --parallelism --set
void add_coordinator(CLI::App& verb, CoordinatorOptions& options);  ///< --coordinator --key --coordinator-key

/// The verbs that run as services: coordinator, worker.
std::vector<Verb> add_service_verbs(CLI::App& app);

/// The verbs of client_verbs.h. Their options live as long as the verbs do.
std::vector<Verb> add_client_verbs(CLI::App& app);

}  // namespace penstock::tools
