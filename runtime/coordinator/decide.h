/// What the coordinator does next: the one place where its state changes. Pure: no clock, no socket, no log of its own.
/// The shell (coordinator.h) turns the world into events and carries actions out; tests/sim does the same on a virtual
/// clock. Every message may be lost, late or repeated, so what is wanted is compared with what is reported, and said
/// again until both are the same.
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "runtime/checkpoint/work_file.h"
#include "runtime/coordinator/meta_store.h"
#include "runtime/coordinator/state.h"

namespace penstock::coordinator {

/// Who is at the other end of a connection.
struct Peer {
  std::string id;         ///< To answer to.
  std::string principal;  ///< Name of its key; empty without keys.
};

/// A message of a worker, or a client's request other than Submit. Its role has been checked.
struct MessageCame {
  Peer from;
  proto::Envelope message;
};

/// A checkpoint to go on from, and what is known of the job that took it.
struct Resumption {
  std::string job;                                  ///< Name of its directory in the store.
  std::shared_ptr<const proto::Manifest> manifest;  ///< nullptr: it has left none, and begins anew.
  std::string store;
  std::uint32_t attempt = 0;                     ///< The highest that there was, at least.
  std::uint64_t epochs_reserved = 0;             ///< Higher than any number that was given.
  std::vector<proto::CheckpointSummary> kept{};  ///< All that are there.
};

/// A client's Submit, whose topology has been loaded.
struct SubmitCame {
  Peer from;
  std::uint64_t request = 0;
  proto::Submit submit;
  std::shared_ptr<const topology::Plan> plan;
  std::uint64_t plan_checksum = 0;
  Checkpoints::Place checkpoints{};  ///< Where they go; the directory is there. Without a store: nowhere.
  std::optional<Resumption> resumed{};
};

/// Nothing can be sent to this peer any more: its connection is gone.
struct PeerUnreachable {
  std::string peer;
};

/// Some connection has broken: find out whose.
struct ConnectionBroke {};

/// Time has passed; at least every Timing::repeat_every.
struct TimePassed {};

/// The coordinator itself did not run for so long: it was frozen, or its machine was.
struct Paused {
  base::Micros length = 0;
};

/// What came of a WriteManifest.
struct ManifestWritten {
  std::uint64_t job = 0;
  std::shared_ptr<const proto::Manifest> manifest;
  std::optional<base::Error> error;
};

/// NoteFinished is done with.
struct FinishNoted {
  std::uint64_t job = 0;
};

/// What came of a ReadWork: what the tasks of a worker were at when it died; empty where that is not known.
struct WorkRead {
  std::uint64_t job = 0;
  std::uint32_t attempt = 0;
  std::string worker;
  std::vector<checkpoint::WorkedOn> work;
  std::vector<checkpoint::InputAt> inputs{};  ///< Of that worker and the others.
};

struct Event {
  base::Micros now = 0;   ///< Monotonic.
  base::Micros wall = 0;  ///< For people.
  std::variant<TimePassed, MessageCame, SubmitCame, PeerUnreachable, ConnectionBroke, Paused, ManifestWritten,
               FinishNoted, WorkRead>
      what;
};

struct Send {
  std::string peer;
  proto::Envelope message;
};

/// For the process's log.
struct Tell {
  std::string level;  ///< debug, info, warn, error
  std::string text;
};

/// To be made durable together, before any other action of the same decision is carried out. When that fails the
/// coordinator ends: what it was about to do must not happen, and a new one reads what is there.
struct Journal {
  std::vector<JournalWrite> writes;
};

/// To be made durable; ManifestWritten says what came of it. May take its time, in the background.
struct WriteManifest {
  std::uint64_t job = 0;
  std::string store;
  std::shared_ptr<const proto::Manifest> manifest;
};

/// No longer needed. That some of them are gone already is no error.
struct RemoveCheckpoints {
  std::string store, job;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> checkpoints;  ///< Epoch and attempt.
  std::uint64_t unfinished_below = 0;  ///< Nor what is left of incomplete ones before this.
  std::uint32_t tiers_below = 0;       ///< Nor the state that attempts lower than this were working on.
  bool all = false;                    ///< The job's whole directory.
};

/// The job has come to its end and has published all: to be made durable, where its checkpoints are, before sinks
/// forget what they have shown; FinishNoted says that it is, or cannot be.
struct NoteFinished {
  std::uint64_t job = 0;
  std::string store, identity;  ///< Of the job's directory there.
};

/// A worker is lost: WorkRead says what its tasks were at. In the background.
struct ReadWork {
  std::uint64_t job = 0;
  std::string store, identity;  ///< Of the job's directory there.
  std::uint32_t attempt = 0;
  std::string worker;
  std::vector<std::string> others{};  ///< Workers that are asked too where their sources were.
};

using Action = std::variant<Send, Tell, Journal, WriteManifest, RemoveCheckpoints, NoteFinished, ReadWork>;

std::vector<Action> decide(State& state, const Event& event);

/// When TimePassed may next have something to do, apart from what Timing::repeat_every covers.
base::Micros next_due(const State& state);

}  // namespace penstock::coordinator
