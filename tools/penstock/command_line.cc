#include "tools/penstock/command_line.h"

#include <fmt/core.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tools/penstock/command_line_parts.h"
#include "tools/penstock/exit_status.h"
#include "tools/penstock/log.h"
#include "tools/penstock/verbs.h"
#include "topology/expression/expression.h"

namespace penstock::tools {
namespace {

struct Options {
  TopologyOptions topology;
  RunOptions run;
  PlanOptions plan;
  FunctionsOptions functions;
  std::string progress = "auto";
  std::string log_level;  ///< Empty: as the verb has it.
  std::string log_format = "text";
  bool json = false;
};

void add_json(CLI::App& verb, Options& options, const char* what) { verb.add_flag("--json", options.json, what); }

CLI::App* add_run(CLI::App& app, Options& options) {
  CLI::App* verb = app.add_subcommand("run", "Run a topology on this machine until its input ends");
  add_topology(*verb, options.topology);
  verb->add_option("--report", options.run.report, "Write what became of every row as JSON")->type_name("PATH");
  verb->add_option("--progress", options.progress, "The live view: auto (on a terminal), always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->type_name("WHEN");
  verb->add_option("--executors", options.run.executors, "Threads that run tasks (as many as the plan needs)")
      ->check(CLI::Range(1, kMostParallelism))
      ->type_name("N");
  verb->add_option("--state", options.run.state,
                   "Keep checkpoints there: after Ctrl-C or a failure the same command goes on from the newest")
      ->type_name("DIR");
  verb->add_option(
          "--state-memory", options.run.state_memory,
          "With --state or --workers: most memory for keyed state; the rest is on disk (all is kept in memory)")
      ->transform(CLI::AsSizeValue(false))
      ->check(CLI::Range(std::uint64_t{1} << 20, std::uint64_t{1} << 50))
      ->type_name("SIZE");
  verb->add_flag("--allow-state-loss", options.run.allow_state_loss,
                 "With --state: go on though the changed topology has no place for some of what is kept");
  verb->add_option("--workers", options.run.workers,
                   "As so many worker processes on this machine; who dies is started again (none: in one)")
      ->check(CLI::Range(1, 64))
      ->type_name("N");
  verb->add_flag("--tcp", options.run.tcp, "With --workers: rows cross TCP on loopback, not Unix sockets");
  add_json(*verb, options, "Closing summary (or the fault) as one JSON document on standard error");
  return verb;
}

Verb add_plan(CLI::App& app, Options& options) {
  CLI::App* verb = app.add_subcommand("plan", "Show the tasks, edges, schemas and keys that a topology becomes");
  add_topology(*verb, options.topology);
  verb->add_option("--workers", options.plan.workers,
                   "Show where each task would go: 3, or a:4,b:2:zone=core (slots, labels)")
      ->type_name("WORKERS");
  CLI::Option* dot = verb->add_flag("--dot", options.plan.dot, "As a graph for Graphviz")->excludes("--workers");
  verb->add_flag("--json", options.json, "As JSON")->excludes(dot);
  return {verb, [&options] {
            options.plan.topology = options.topology;
            options.plan.json = options.json;
            return verb_plan(options.plan);
          }};
}

int run_with(Options& options) {
  static const std::map<std::string, Progress> words = {
      {"auto", Progress::kAuto}, {"always", Progress::kAlways}, {"never", Progress::kNever}};
  options.run.topology = options.topology;
  options.run.progress = words.at(options.progress);
  options.run.json = options.json;
  return verb_run(options.run);
}

std::vector<Verb> add_verbs(CLI::App& app, Options& options) {
  std::vector<Verb> verbs;
  verbs.push_back({add_run(app, options), [&options] { return run_with(options); }});

  CLI::App* validate = app.add_subcommand("validate", "Check a topology and show every fault in it");
  add_topology(*validate, options.topology);
  add_json(*validate, options, "The verdict as JSON");
  verbs.push_back({validate, [&options] { return verb_validate(options.topology, options.json); }});

  verbs.push_back(add_plan(app, options));

  CLI::App* schema = app.add_subcommand("schema", "Print the JSON Schema of the topology language");
  add_json(*schema, options, "(it always is JSON)");
  verbs.push_back({schema, [] { return verb_schema(); }});

  CLI::App* functions = app.add_subcommand("functions", "List the functions that expressions may use");
  functions->add_option("NAME", options.functions.name, "Only those whose name holds this");
  add_json(*functions, options, "As JSON");
  verbs.push_back({functions, [&options] { return verb_functions({options.functions.name, options.json}); }});

  CLI::App* version = app.add_subcommand("version", "Print the version");
  add_json(*version, options, "As JSON");
  verbs.push_back({version, [&options] { return verb_version(options.json); }});
  for (Verb& verb : add_service_verbs(app)) verbs.push_back(std::move(verb));
  for (Verb& verb : add_client_verbs(app)) verbs.push_back(std::move(verb));
  return verbs;
}

int explain_no_such_verb(const CLI::App& app, const std::string& word) {
  std::vector<std::string> verbs;
  for (const CLI::App* verb : app.get_subcommands(nullptr)) verbs.push_back(verb->get_name());
  const std::vector<std::string> near = topology::nearest_names(word, verbs);
  fmt::print(stderr, "penstock: there is no verb '{}'{}\n  next: penstock --help\n", word,
             near.empty() ? "" : fmt::format("; did you mean '{}'?", near.front()));
  return kUsage;
}

/// The first option among the arguments that the verb does not have, and what may have been meant.
std::string unknown_option(const CLI::App& verb, const std::vector<std::string>& arguments) {
  std::vector<std::string> known;
  for (const CLI::App* app = &verb; app != nullptr; app = app->get_parent())
    for (const CLI::Option* option : app->get_options())
      for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  for (const std::string& argument : arguments) {
    const std::string name = argument.substr(0, argument.find('='));
    if (name.rfind("--", 0) != 0 || std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::vector<std::string> near = topology::nearest_names(name, known);
    return near.empty() ? std::string() : fmt::format("there is no option {}; did you mean {}?", name, near.front());
  }
  return {};
}

int explain_usage(const CLI::App& app, const CLI::ParseError& error, const std::vector<std::string>& arguments) {
  if (error.get_exit_code() == 0) return app.exit(error) == 0 ? kDone : kFailed;  // --help
  const std::string first = arguments.empty() ? "" : arguments.front();
  if (app.get_subcommands().empty() && !first.empty() && first[0] != '-') return explain_no_such_verb(app, first);
  const CLI::App* verb = app.get_subcommands().empty() ? nullptr : app.get_subcommands().front();
  const std::string name = verb == nullptr ? "penstock" : "penstock " + verb->get_name();
  const std::string unknown = unknown_option(verb == nullptr ? app : *verb, arguments);
  fmt::print(stderr, "{}: {}\n  next: {} --help\n", name, unknown.empty() ? error.what() : unknown, name);
  return kUsage;
}

}  // namespace

int command_line(int argc, char** argv) {
  CLI::App app("Penstock: stream processing from one YAML file", "penstock");
  Options options;
  app.require_subcommand(0, 1);
  app.fallthrough();
  app.add_option("--log-level", options.log_level, "trace, debug, info, warn, error or off (on standard error)")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error", "off"}))
      ->type_name("LEVEL");
  app.add_option("--log-format", options.log_format, "text, or json: an object a line")
      ->check(CLI::IsMember({"text", "json"}))
      ->type_name("FORMAT");
  const std::vector<Verb> verbs = add_verbs(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return explain_usage(app, error, {argv + 1, argv + argc});
  }
  for (const Verb& verb : verbs) {
    if (!verb.app->parsed()) continue;
    set_log(options.log_level.empty() ? verb.log_level : options.log_level,
            options.log_format == "json" ? LogFormat::kJson : LogFormat::kText);
    return verb.run();
  }
  fmt::print(stderr, "{}", app.help());
  return kUsage;
}

}  // namespace penstock::tools
