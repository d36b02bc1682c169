#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <memory>

#include "tools/penstock/command_line_parts.h"
#include "tools/penstock/worker_options.h"

namespace penstock::tools {
namespace {

constexpr const char* kGroup = "A cluster";

Verb worker_verb(CLI::App& app) {
  auto options = std::make_shared<WorkerVerbOptions>();
  CLI::App* verb = app.add_subcommand("worker", "Offer this host's cores to a coordinator")->group(kGroup);
  add_coordinator(*verb, options->coordinator);
  verb->add_option("--name", options->name, "What placement and messages call it (the host's name)")->type_name("NAME");
  verb->add_option("--label", options->labels, "For placement by label; may be repeated")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  verb->add_option("--slots", options->slots, "Threads that run tasks (one per core)")
      ->check(CLI::Range(1, kMostParallelism))
      ->type_name("N");
  verb->add_option("--memory", options->memory, "For what is in flight on its channels (1GiB)")
      ->transform(CLI::AsSizeValue(false))
      ->check(CLI::Range(std::uint64_t{1} << 20, std::uint64_t{1} << 50))
      ->type_name("SIZE");
  verb->add_option(
          "--data", options->data,
          "Where other workers send rows: tcp://ADDRESS, or ipc:///DIRECTORY on one host (the address by which "
          "this host reaches the coordinator)")
      ->type_name("ADDRESS");
  verb->add_option("--scratch", options->scratch, "For tables that come with a job (a fresh temporary directory)")
      ->type_name("DIR");
  verb->add_option("--drain-timeout", options->drain_seconds, "Seconds that SIGTERM waits for its jobs to end (30)")
      ->check(CLI::NonNegativeNumber)
      ->type_name("SECONDS");
  verb->add_flag("--insecure", options->insecure, "Take rows from other hosts without keys");
  verb->add_option("--lifeline", options->lifeline)->group("");  // For `run --workers`: not for people.
  verb->add_option("--shared", options->shared)->group("");
  return {verb, [options] { return verb_worker(*options); }, "info"};
}

}  // namespace

std::vector<Verb> add_service_verbs(CLI::App& app) { return {worker_verb(app)}; }

}  // namespace penstock::tools
