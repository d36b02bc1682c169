/// A client's conversation with the coordinator: one question, one answer, within a deadline. Requests may be repeated
/// (a connection that breaks and comes back asks again), so all of them mean the same however often they arrive.
/// THREAD: main.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "proto/control.pb.h"
#include "runtime/base/clock.h"
#include "runtime/base/error.h"
#include "runtime/channel/control_client.h"
#include "tools/penstock/coordinator_options.h"

namespace penstock::tools {

struct Patience {
  base::Micros connect = 3'000'000;  ///< Until somebody is there (again).
  base::Micros answer = 10'000'000;  ///< Once somebody is there, until the answer has come.
};

class CoordinatorLink {
 public:
  static base::Result<std::unique_ptr<CoordinatorLink>> open(const CoordinatorOptions& options, Patience patience = {});

  /// The answer, which is of the kind `expected`. What the coordinator answers as an error is an error here, with its
  /// code; so is a handshake that fails (channel::ControlClient::refusal). Own codes: no_coordinator (nobody is there),
  /// coordinator_lost (it was there before), coordinator_silent, control_version, control_malformed, interrupted.
  base::Result<proto::Answer> ask(proto::Request request, proto::Answer::WhatCase expected);

  /// Gives up waiting (code `interrupted`) when this descriptor is readable; -1: none. Nothing is read from it.
  void interrupt_on(int descriptor) { interrupt_ = descriptor; }
  const std::string& address() const { return address_; }

 private:
  struct Waiting;
  CoordinatorLink(std::string address, Patience patience) : address_(std::move(address)), patience_(patience) {}

  base::Result<void> await_turn(const Waiting& waiting);
  base::Result<std::optional<proto::Answer>> take_answer(std::uint64_t id);
  base::Result<proto::Answer> judged(proto::Answer answer, proto::Answer::WhatCase expected) const;
  base::Error nobody_there() const;
  base::Error with_address(base::Error error) const;

  const std::string address_;
  const Patience patience_;
  channel::TransportContext context_{1};
  std::unique_ptr<channel::ControlClient> client_;
  std::uint64_t next_id_ = 1;
  bool was_connected_ = false;
  int interrupt_ = -1;
};

}  // namespace penstock::tools
