/// What outlives every process of the simulation: the coordinator's journal, the checkpoint store and what sinks have
/// shown, each with the rules that must hold of it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "proto/control.pb.h"
#include "runtime/coordinator/decide.h"

namespace penstock::sim {

/// The resource behind all sinks of a job: it takes the highest attempt that has opened it, and remembers how far it
/// has shown.
struct Marker {
  std::uint32_t attempt = 0;
  std::uint64_t epoch = 0;
  bool forgotten = false;  ///< By a task at least: whoever went on from a checkpoint would show rows again.
};

class SimDisk {
 public:
  using Broken = std::function<void(const std::string&)>;
  explicit SimDisk(Broken broken) : broken_(std::move(broken)) {}

  // --- the journal
  void write(const coordinator::Journal& journal);
  const std::map<std::string, std::string>& entries() const { return entries_; }

  // --- the store
  using CheckpointKey = std::pair<std::uint64_t, std::uint32_t>;  ///< Epoch and attempt.
  void put(const proto::Manifest& manifest);
  void remove(const coordinator::RemoveCheckpoints& remove);
  const proto::Manifest* find(const std::string& job, CheckpointKey key) const;

  // --- sinks
  /// A sink task of this attempt is opened on what was restored. false: it is fenced off.
  bool open(const proto::CheckpointPlace& place, std::uint32_t attempt);
  /// false: it is fenced off.
  bool publish(const std::string& job, std::uint32_t attempt, std::uint64_t epoch);

  void forget(const std::string& job) {
    markers_[job].forgotten = true;
    if (!has_finished(job)) broken_("sinks forget what they have shown, and nobody will know that all is");
  }
  void on_finished(const std::string& job) { finished_.insert(job); }
  bool has_finished(const std::string& job) const { return finished_.contains(job); }

  // --- numbers
  void on_assigned(std::uint64_t job, std::uint32_t attempt);
  void on_begun(std::uint64_t job, std::uint32_t attempt, std::uint64_t epoch, std::uint64_t life);

 private:
  const proto::JournalState* state_of(std::uint64_t job) const;
  void on_complete(std::uint64_t job, CheckpointKey key);

  Broken broken_;
  std::map<std::string, std::string> entries_;
  std::map<std::uint64_t, proto::JournalState> states_;  // Of live jobs, read from the entries.
  std::map<std::uint64_t, std::string> identities_;
  std::map<std::string, std::map<CheckpointKey, proto::Manifest>> store_;
  std::map<std::string, std::set<CheckpointKey>> complete_;  // Ever.
  std::map<std::string, Marker> markers_;
  std::set<std::string> finished_;                                                                    // Noted durably.
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::pair<std::uint32_t, std::uint64_t>> begun_;  // By job, epoch.
};

}  // namespace penstock::sim
