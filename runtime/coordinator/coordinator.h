/// The coordinator as a process would run it: the control socket, the clock and the log around decide(). It shares no
/// process with operators, except in `penstock run`. THREAD: whoever calls run(), apart from construction.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/channel/control_server.h"
#include "runtime/coordinator/checkpoint_work.h"
#include "runtime/coordinator/decide.h"
#include "runtime/coordinator/meta_store.h"

namespace penstock::coordinator {

struct CoordinatorOptions {
  std::string address;  ///< Where the control socket is bound.
  channel::ServerSecurity security;
  Timing timing;
  bool quiet = false;     ///< What happens is told to clients, not to this process's log.
  std::string directory;  ///< Of its journal, from which a later coordinator goes on; empty: there is none.
  /// Where jobs' checkpoints go whose topology names no place of its own ("file:///DIR"). Empty: nowhere; a job that
  /// loses a worker fails.
  std::string checkpoints;
  /// Of a coordinator that runs one job for its owner, who keeps what the job remembers: its name, place and numbers.
  /// That job goes on from there whatever it says itself. nullopt: jobs have places of their own.
  std::optional<Resumption> own{};
};

class Coordinator {
 public:
  static base::Result<std::unique_ptr<Coordinator>> bind(channel::TransportContext& transport,
                                                         const CoordinatorOptions& options);
  /// What workers and clients connect to, with the port that was bound.
  std::string address() const { return server_->address(); }
  /// Serves until `stop` (a descriptor) is readable. Code journal_failed: what was decided could not be made durable,
  /// so it was not done; a new coordinator goes on from what is there.
  base::Result<void> run(int stop);

 private:
  Coordinator(std::unique_ptr<channel::ControlServer> server, const CoordinatorOptions& options);
  void serve_round();
  base::Result<void> settle();
  void hear_of_work();
  void on_message(const channel::ControlServer::Received& received);
  void on_submit(const Peer& from, const proto::Request& request);
  void notice_pause();
  void find_out_who_is_gone();
  void leave_out(const channel::ControlServer::Received& received, const base::Error& why);
  void happens(decltype(Event::what) what);
  void act(const Send& send);
  void act(const Tell& tell);
  void act(const Journal& journal);
  void act(const WriteManifest& write) { work_.put(write); }
  void act(const RemoveCheckpoints& remove) { work_.put(remove); }
  void act(const NoteFinished& note) { work_.put(note); }
  void act(const ReadWork& read) { work_.put(read); }

  base::Result<void> recall_jobs(const std::string& directory);
  void read_newest(Job& job);
  base::Result<SubmitCame> prepared(const Peer& from, const proto::Request& request) const;
  base::Result<Checkpoints::Place> place_for(const topology::Plan& plan, const proto::Submit& submit,
                                             const std::optional<Resumption>& resumed) const;
  int wait_ms() const;

  std::unique_ptr<channel::ControlServer> server_;
  std::unique_ptr<MetaStore> journal_;  // nullptr: nothing is remembered.
  std::optional<base::Error> failed_;
  CheckpointWork work_;
  const std::string checkpoints_;
  const std::optional<Resumption> own_;
  bool quiet_ = false;
  State state_;
  std::vector<std::string> unreachable_;  // Peers that something could not be sent to in this round.
  base::Micros round_at_ = 0;             // When time was looked at last.
  struct Probing {
    base::Micros until = 0, at = 0;
  } probing_;
  struct LeftOut {
    std::uint64_t messages = 0;  // Since a line of the log told of them.
    base::Micros told_at = 0;
  } left_out_;
};

}  // namespace penstock::coordinator
