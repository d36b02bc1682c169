#include "tools/penstock/coordinator_link.h"

#include <fmt/core.h>
#include <poll.h>

#include <algorithm>

#include "proto/messages.h"

namespace penstock::tools {
namespace {

using Link = channel::ControlClient::Link;

constexpr base::Micros kLookAgain = 50'000;  ///< Not every change of the link can be waited for.

tl::unexpected<base::Error> failed(const char* code, std::string text) {
  return tl::unexpected(base::Error{code, std::move(text), base::Origin::kEnvironment, true, {}});
}

}  // namespace

/// One question that is under way.
struct CoordinatorLink::Waiting {
  base::Micros alone_since = base::steady_now();  ///< Last seen connected.
  base::Micros connected_at = 0;
  bool sent = false;
  Link link = Link::kConnecting;  ///< Asked once a turn: asking takes the news that would wake us.
};

base::Result<std::unique_ptr<CoordinatorLink>> CoordinatorLink::open(const CoordinatorOptions& options,
                                                                     Patience patience) {
  const auto security = client_security(options);
  if (!security) return tl::unexpected(security.error());
  std::unique_ptr<CoordinatorLink> link(new CoordinatorLink(full_address(options.address), patience));
  auto client = channel::ControlClient::connect(link->context_, link->address_, *security);
  if (!client) return tl::unexpected(client.error());
  link->client_ = std::move(*client);
  return link;
}

base::Result<proto::Answer> CoordinatorLink::ask(proto::Request request, proto::Answer::WhatCase expected) {
  const std::uint64_t id = next_id_++;
  request.set_id(id);
  request.set_software(PENSTOCK_VERSION);
  proto::Envelope envelope;
  *envelope.mutable_request() = std::move(request);
  const std::string bytes = proto::encode(std::move(envelope));
  Waiting waiting;
  while (true) {
    waiting.link = client_->link();
    const bool connected = waiting.link == Link::kConnected;
    if (connected) waiting.alone_since = base::steady_now();
    if (connected && waiting.connected_at == 0) waiting.connected_at = waiting.alone_since;
    if (!connected) waiting.sent = false;
    if (connected && !waiting.sent) waiting.sent = client_->send(bytes);
    was_connected_ = was_connected_ || connected;
    auto answer = take_answer(id);
    if (!answer) return tl::unexpected(answer.error());
    if (*answer) return judged(std::move(**answer), expected);
    if (auto turn = await_turn(waiting); !turn) return tl::unexpected(turn.error());
  }
}

/// Sleeps until something may have come, unless there is no more sense in waiting.
base::Result<void> CoordinatorLink::await_turn(const Waiting& waiting) {
  if (waiting.link == Link::kRefused) return tl::unexpected(with_address(client_->refusal()));
  const base::Micros now = base::steady_now();
  if (now - waiting.alone_since >= patience_.connect) return tl::unexpected(nobody_there());
  if (waiting.connected_at != 0 && now - waiting.connected_at >= patience_.answer)
    return failed("coordinator_silent", fmt::format("the coordinator at {} is there, and has not answered for {} s",
                                                    address_, patience_.answer / 1'000'000));
  pollfd ready[3] = {
      {client_->descriptor(), POLLIN, 0}, {client_->monitor_descriptor(), POLLIN, 0}, {interrupt_, POLLIN, 0}};
  poll(ready, 3, static_cast<int>(kLookAgain / 1000));
  if (ready[2].revents != 0) return failed("interrupted", "interrupted");
  return {};
}

/// Answers to questions that have been given up are passed over.
base::Result<std::optional<proto::Answer>> CoordinatorLink::take_answer(std::uint64_t id) {
  while (const auto bytes = client_->receive()) {
    auto envelope = proto::decode(*bytes);
    if (!envelope) return tl::unexpected(with_address(envelope.error()));
    if (envelope->has_answer() && envelope->answer().id() == id) return std::move(*envelope->mutable_answer());
  }
  return std::nullopt;
}

base::Result<proto::Answer> CoordinatorLink::judged(proto::Answer answer, proto::Answer::WhatCase expected) const {
  if (answer.what_case() == expected) return answer;
  base::Error error =
      answer.has_error()
          ? proto::from_proto(answer.error())
          : base::Error{"control_malformed",
                        fmt::format("the coordinator at {} has answered something else than was asked", address_),
                        base::Origin::kInternal,
                        false,
                        {}};
  if (answer.software() != PENSTOCK_VERSION)
    error.text += fmt::format(" (the coordinator is penstock {}, this is {})", answer.software(), PENSTOCK_VERSION);
  return tl::unexpected(std::move(error));
}

base::Error CoordinatorLink::nobody_there() const {
  if (was_connected_)
    return {"coordinator_lost",
            fmt::format("the coordinator at {} was there and is gone", address_),
            base::Origin::kEnvironment,
            true,
            {}};
  return {
      "no_coordinator", fmt::format("no coordinator answers at {}", address_), base::Origin::kEnvironment, true, {}};
}

base::Error CoordinatorLink::with_address(base::Error error) const {
  error.where = address_;
  return error;
}

}  // namespace penstock::tools
