/// What the verbs that talk to a coordinator share: their options, one question with its failures shown, and what a
/// person is told to do next.
#pragma once

#include <string>
#include <variant>

#include "tools/penstock/client_verbs.h"
#include "tools/penstock/coordinator_link.h"

namespace penstock::tools {

/// Shows the failure on standard error, as text with what to do next or as one JSON document; gives the exit status.
int show_failure(const std::string& verb, const base::Error& error, const ClientOptions& options);

/// As it is printed: "penstock status: no coordinator answers at ... [no_coordinator]\n  next: ...\n".
std::string client_failure_message(const std::string& verb, const base::Error& error,
                                   const CoordinatorOptions& options);

/// The answer, or the exit status after the failure has been shown.
std::variant<proto::Answer, int> answer_or_status(const std::string& verb, const ClientOptions& options,
                                                  proto::Request request, proto::Answer::WhatCase expected);

/// "penstock status 3", with the options that lead to the same coordinator.
std::string client_command(const std::string& verb, const std::string& operand, const CoordinatorOptions& options);

/// A Done, printed: stop, cancel, drain.
int show_done(const proto::Answer& answer, const ClientOptions& options);

}  // namespace penstock::tools
