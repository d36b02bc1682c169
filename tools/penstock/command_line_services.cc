#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <memory>

#include "tools/penstock/command_line_parts.h"
#include "tools/penstock/exit_status.h"
#include "tools/penstock/log.h"
#include "tools/penstock/service_options.h"
#include "tools/penstock/worker_command_line.h"

namespace penstock::tools {
namespace {

constexpr const char* kGroup = "A cluster";

Verb coordinator_verb(CLI::App& app) {
  auto options = std::make_shared<CoordinatorVerbOptions>();
  CLI::App* verb = app.add_subcommand("coordinator", "Place jobs on workers and look after them")->group(kGroup);
  verb->add_option("--listen", options->listen, "Where workers and clients connect to")
      ->type_name("ADDR")
      ->capture_default_str();
  CLI::Option* key =
      verb->add_option("--key", options->key, "Its key pair, as keygen has written it; goes with --access")
          ->type_name("FILE");
  CLI::Option* access = verb->add_option("--access", options->access,
                                         "Who may connect: lines of name, public key, role (SIGHUP rereads it)")
                            ->type_name("FILE")
                            ->needs(key);
  key->needs(access);
  verb->add_flag("--insecure", options->insecure, "Listen to other hosts without keys");
  verb->add_option("--state", options->state, "Keep a journal here: started again, it goes on with its jobs")
      ->type_name("DIR");
  verb->add_option(
          "--checkpoints", options->checkpoints,
          "Where jobs' checkpoints go, seen by all workers (STATE/checkpoints; else a private directory), or none: "
          "a job that loses a worker fails")
      ->type_name("file:///DIR");
  verb->add_option("--heartbeat", options->heartbeat_seconds, "Seconds from one sign of life of a worker to the next")
      ->check(CLI::Range(0.01, 60.0))
      ->type_name("SECONDS")
      ->capture_default_str();
  verb->add_option("--lease", options->lease_seconds, "Seconds of silence after which a worker is lost")
      ->check(CLI::Range(0.05, 600.0))
      ->type_name("SECONDS")
      ->capture_default_str();
  return {verb, [options] { return verb_coordinator(*options); }, "info"};
}

Verb worker_verb(CLI::App& app, std::function<int(const WorkerVerbOptions&)> run) {
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
  verb->add_option("--state", options->state,
                   "Directory for keyed state while it is worked on (beside the checkpoints)")
      ->type_name("DIR");
  verb->add_option("--state-memory", options->state_memory,
                   "Most memory for the keyed state of a job; the rest is on disk (all is kept in memory)")
      ->transform(CLI::AsSizeValue(false))
      ->check(CLI::Range(std::uint64_t{1} << 20, std::uint64_t{1} << 50))
      ->type_name("SIZE");
  verb->add_option("--drain-timeout", options->drain_seconds, "Seconds that SIGTERM waits for its jobs to end (30)")
      ->check(CLI::NonNegativeNumber)
      ->type_name("SECONDS");
  verb->add_option("--hung-after", options->hung_seconds,
                   "Seconds for a step of a task, after which this worker ends so that its jobs go on (30)")
      ->check(CLI::Range(1.0, 86'400.0))
      ->type_name("SECONDS");
  verb->add_flag("--insecure", options->insecure, "Take rows from other hosts without keys");
  verb->add_option("--lifeline", options->lifeline)->group("");  // For `run --workers`: not for people.
  verb->add_option("--shared", options->shared)->group("");
  verb->add_flag("--nothing-follows", options->nothing_follows)->group("");
  return {verb, [options, run = std::move(run)] { return run(*options); }, "info"};
}

Verb keygen_verb(CLI::App& app) {
  auto options = std::make_shared<KeygenOptions>();
  CLI::App* verb =
      app.add_subcommand("keygen", "Make a key pair, for a coordinator, a worker or a client")->group(kGroup);
  verb->add_option("--out", options->prefix, "Writes PREFIX.key (secret) and PREFIX.pub")
      ->type_name("PREFIX")
      ->capture_default_str();
  verb->add_option("--name", options->name, "Of the peer, in the access file (the last part of PREFIX)")
      ->type_name("NAME");
  verb->add_option("--role", options->role, "What it may do: worker, submit or read")
      ->check(CLI::IsMember({"worker", "submit", "read"}))
      ->type_name("ROLE")
      ->capture_default_str();
  verb->add_flag("--json", options->json, "What was made, as JSON");
  return {verb, [options] { return verb_keygen(*options); }};
}

}  // namespace

std::vector<Verb> add_service_verbs(CLI::App& app) {
  return {coordinator_verb(app), worker_verb(app, verb_worker), keygen_verb(app)};
}

int worker_command_line(int argc, char** argv, const api::Registry& registry) {
  CLI::App app;
  app.fallthrough();
  const Verb verb = worker_verb(app, [&](const WorkerVerbOptions& options) { return worker_with(options, registry); });
  std::string log_level = verb.log_level;
  app.add_option("--log-level", log_level);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kUsage;
  }
  set_log(log_level, LogFormat::kText);
  return verb.app->parsed() ? verb.run() : kUsage;
}

}  // namespace penstock::tools
