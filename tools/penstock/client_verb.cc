#include "tools/penstock/client_verb.h"

#include <fmt/core.h>

#include "tools/penstock/cluster_json.h"
#include "tools/penstock/exit_status.h"
#include "tools/penstock/shell_quote.h"
#include "tools/penstock/terminal.h"

namespace penstock::tools {
namespace {

/// What to do about an error, decided from its code; empty where its text says it all.
std::string advice_for(const base::Error& error, const CoordinatorOptions& options) {
  const auto command = [&options](const char* verb) { return client_command(verb, "", options); };
  if (error.code == "no_coordinator")
    return "`penstock coordinator` starts one; --coordinator ADDR or PENSTOCK_COORDINATOR names another";
  if (error.code == "coordinator_lost" || error.code == "coordinator_silent")
    return "see how it fares on its own host (its log says), then ask again";
  if (error.code == "key_refused") return "add the public key of " + options.key + " to the coordinator's list of keys";
  if (error.code == "server_key_wrong") return "ask who runs it for its public key, and say it with --coordinator-key";
  if (error.code == "keys_mismatch" && options.key.empty())
    return "`penstock keygen` makes keys; then --key FILE and --coordinator-key KEY (PENSTOCK_KEY, "
           "PENSTOCK_COORDINATOR_KEY)";
  if (error.code == "control_version") return "install the same penstock on both sides";
  if (error.code == "cannot_place") return command("workers");
  return {};
}

}  // namespace

std::string client_command(const std::string& verb, const std::string& operand, const CoordinatorOptions& options) {
  return "penstock " + verb + (operand.empty() ? "" : " " + shell_quote(operand)) + same_coordinator(options);
}

std::string client_failure_message(const std::string& verb, const base::Error& error,
                                   const CoordinatorOptions& options) {
  std::string text = fmt::format("penstock {}: {} [{}]\n", verb, printable(error.text), printable(error.code));
  if (!error.where.empty()) text += fmt::format("  where: {}\n", printable(error.where));
  if (const std::string next = advice_for(error, options); !next.empty()) text += fmt::format("  next: {}\n", next);
  return text;
}

int show_failure(const std::string& verb, const base::Error& error, const ClientOptions& options) {
  fmt::print(stderr, "{}",
             options.json ? document(as_json(error)) : client_failure_message(verb, error, options.coordinator));
  return error.code == "bad_address" || error.code == "keys_incomplete" ? kUsage : kFailed;
}

std::variant<proto::Answer, int> answer_or_status(const std::string& verb, const ClientOptions& options,
                                                  proto::Request request, proto::Answer::WhatCase expected) {
  auto link = CoordinatorLink::open(options.coordinator);
  if (!link) return show_failure(verb, link.error(), options);
  auto answer = (*link)->ask(std::move(request), expected);
  if (!answer) return show_failure(verb, answer.error(), options);
  return std::move(*answer);
}

int show_done(const proto::Answer& answer, const ClientOptions& options) {
  if (options.json) return print_result(document(Json::object({{"done", answer.done().text()}})));
  return print_result(printable(answer.done().text()) + "\n");
}

}  // namespace penstock::tools
