#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <memory>

#include "tools/penstock/client_verbs.h"
#include "tools/penstock/command_line_parts.h"

namespace penstock::tools {
namespace {

constexpr const char* kGroup = "A cluster";
constexpr const char* kUntilOver = "Until the job is over";

CLI::App* add_verb(CLI::App& app, const char* name, const char* what, ClientOptions& options) {
  CLI::App* verb = app.add_subcommand(name, what)->group(kGroup);
  add_coordinator(*verb, options.coordinator);
  verb->add_flag("--json", options.json, "The answer (or the failure) as one JSON document");
  return verb;
}

void add_job(CLI::App& verb, std::string& job) {
  verb.add_option("JOB", job, "Its number, or its name (the newest job of that name)")->required();
}

Verb submit_verb(CLI::App& app) {
  auto options = std::make_shared<SubmitOptions>();
  CLI::App* verb =
      add_verb(app, "submit", "Hand a topology to the coordinator, which runs it on its workers", options->client);
  add_topology(*verb, options->topology);
  CLI::Option* wait = verb->add_flag("--wait", options->wait, "Until the job is over; 0 only if it ended in order");
  verb->add_flag("--attach", options->attach, "The same with a live view; Ctrl-C leaves the job running")
      ->excludes(wait);
  CLI::Option* from =
      verb->add_option("--from", options->from,
                       "A checkpoint to go on from: JOB, JOB/EPOCH, or the directory of one on the coordinator's host")
          ->type_name("CHECKPOINT");
  verb->add_flag("--allow-state-loss", options->allow_state_loss,
                 "Go on though the topology has no place for some of what was remembered")
      ->needs(from);
  return {verb, [options] { return verb_submit(*options); }};
}

Verb list_verb(CLI::App& app) {
  auto options = std::make_shared<ClientOptions>();
  return {add_verb(app, "list", "List the jobs that the coordinator knows", *options),
          [options] { return verb_list(*options); }};
}

Verb workers_verb(CLI::App& app) {
  auto options = std::make_shared<WorkerChoice>();
  CLI::App* verb = add_verb(app, "workers", "List the workers, what they have and what they use", options->client);
  verb->add_option("WORKER", options->worker, "Only this one; 0 only if it is there and takes tasks");
  return {verb, [options] { return verb_workers(*options); }};
}

/// status, cancel, checkpoint, checkpoints. `wait`: what --wait waits for; nullptr: there is no such option.
Verb job_verb(CLI::App& app, const char* name, const char* what, int (*run)(const JobOptions&), const char* wait) {
  auto options = std::make_shared<JobOptions>();
  CLI::App* verb = add_verb(app, name, what, options->client);
  add_job(*verb, options->job);
  if (wait != nullptr) verb->add_flag("--wait", options->wait, wait);
  return {verb, [options, run] { return run(*options); }};
}

Verb stop_verb(CLI::App& app) {
  auto options = std::make_shared<JobOptions>();
  CLI::App* verb =
      add_verb(app, "stop", "End a job with a last checkpoint, for submit --from to go on", options->client);
  add_job(*verb, options->job);
  verb->add_flag("--drain", options->drain,
                 "End its input for good: windows are flushed, all that was read is published");
  verb->add_flag("--wait", options->wait, kUntilOver);
  return {verb, [options] { return verb_stop(*options); }};
}

Verb logs_verb(CLI::App& app) {
  auto options = std::make_shared<LogsOptions>();
  CLI::App* verb = add_verb(app, "logs", "Print what happened in a job's life", options->client);
  add_job(*verb, options->job);
  verb->add_flag("-f,--follow", options->follow, "Go on until the job is over (with --json: an object a line)");
  return {verb, [options] { return verb_logs(*options); }};
}

Verb top_verb(CLI::App& app) {
  auto options = std::make_shared<TopOptions>();
  CLI::App* verb = add_verb(app, "top", "Watch workers and running jobs; Ctrl-C ends it", options->client);
  verb->add_flag("--once", options->once, "One look (as where standard output is no terminal)");
  return {verb, [options] { return verb_top(*options); }};
}

Verb drain_verb(CLI::App& app) {
  auto options = std::make_shared<WorkerChoice>();
  CLI::App* verb = add_verb(app, "drain", "Place nothing new on a worker; what runs there goes on", options->client);
  verb->add_option("WORKER", options->worker, "Its name")->required();
  return {verb, [options] { return verb_drain(*options); }};
}

}  // namespace

std::vector<Verb> add_client_verbs(CLI::App& app) {
  return {submit_verb(app),
          list_verb(app),
          workers_verb(app),
          job_verb(app, "status", "Show a job: state, rates, credit, workers, channels", verb_status, nullptr),
          top_verb(app),
          stop_verb(app),
          job_verb(app, "cancel", "End a job at once; nothing more is published", verb_cancel, kUntilOver),
          job_verb(app, "checkpoint", "Take a checkpoint of a job now", verb_checkpoint, "Until it is complete"),
          job_verb(app, "checkpoints", "List the checkpoints of a job: submit --from goes on from them",
                   verb_checkpoints, nullptr),
          logs_verb(app),
          drain_verb(app)};
}

}  // namespace penstock::tools
