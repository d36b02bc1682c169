#include "tests/sim/sim_disk.h"

#include <algorithm>
#include <cstdlib>

namespace penstock::sim {
namespace {

std::uint64_t number_in(const std::string& key) { return std::strtoull(key.c_str() + key.find('/') + 1, nullptr, 10); }

}  // namespace

void SimDisk::write(const coordinator::Journal& journal) {
  for (const coordinator::JournalWrite& write : journal.writes) {
    const std::uint64_t job = number_in(write.key);
    if (!write.value) {
      entries_.erase(write.key);
      if (write.key.ends_with("/state")) states_.erase(job);
      continue;
    }
    entries_[write.key] = *write.value;
    if (write.key.ends_with("/state")) {
      proto::JournalState next;
      next.ParseFromString(*write.value);
      if (const auto* before = state_of(job); before != nullptr && next.attempt() < before->attempt())
        broken_("the journal goes back to an earlier attempt");
      for (const proto::CheckpointSummary& one : next.checkpoints()) on_complete(job, {one.epoch(), one.attempt()});
      states_[job] = std::move(next);
    } else if (write.key.starts_with("job/") && !write.key.ends_with("/log")) {
      proto::JournalJob entry;
      entry.ParseFromString(*write.value);
      identities_[job] = entry.identity();
    }
  }
}

/// The journal says that it counts: its manifest is durable by then. A worker that wakes up late may still show it when
/// the job is over.
void SimDisk::on_complete(std::uint64_t job, CheckpointKey key) {
  if (!complete_[identities_[job]].insert(key).second) return;
  if (find(identities_[job], key) == nullptr) broken_("a checkpoint counts whose manifest is not durable");
}

const proto::JournalState* SimDisk::state_of(std::uint64_t job) const {
  const auto at = states_.find(job);
  return at == states_.end() ? nullptr : &at->second;
}

void SimDisk::put(const proto::Manifest& manifest) {
  store_[manifest.job()][{manifest.epoch(), manifest.attempt()}] = manifest;
}

/// I7: the newest complete checkpoint of a live job stays.
void SimDisk::remove(const coordinator::RemoveCheckpoints& remove) {
  for (const auto& [job, state] : states_) {
    if (identities_[job] != remove.job || state.store().empty() || state.checkpoints().empty()) continue;
    const proto::CheckpointSummary& newest = *state.checkpoints().rbegin();
    const CheckpointKey key{newest.epoch(), newest.attempt()};
    const auto& all = remove.checkpoints;
    if (remove.all || std::find(all.begin(), all.end(), key) != all.end())
      broken_("the newest complete checkpoint of a live job is removed");
  }
  if (remove.all) store_.erase(remove.job);
  for (const CheckpointKey& key : remove.checkpoints) store_[remove.job].erase(key);
}

const proto::Manifest* SimDisk::find(const std::string& job, CheckpointKey key) const {
  const auto at = store_.find(job);
  if (at == store_.end()) return nullptr;
  const auto manifest = at->second.find(key);
  return manifest == at->second.end() ? nullptr : &manifest->second;
}

/// I2: of two attempts the higher one is taken. I1, I3: nobody goes on from behind what has been shown.
bool SimDisk::open(const proto::CheckpointPlace& place, std::uint32_t attempt) {
  Marker& marker = markers_[place.job()];
  if (marker.attempt > attempt) return false;
  if (marker.forgotten) broken_("an attempt goes on although sinks have forgotten what they have shown");
  if (has_finished(place.job())) broken_("an attempt goes on of a job of which it is noted that it has finished");
  marker.attempt = attempt;
  const std::uint64_t restored = place.has_restore() ? place.restore().epoch() : 0;
  if (restored < marker.epoch) broken_("an attempt goes on from behind what its sinks have shown");
  marker.epoch = std::max(marker.epoch, restored);
  return true;
}

/// I1: only what is complete is shown, and the marker never goes back.
bool SimDisk::publish(const std::string& job, std::uint32_t attempt, std::uint64_t epoch) {
  Marker& marker = markers_[job];
  if (marker.attempt > attempt) return false;
  if (epoch > marker.epoch && !complete_[job].contains({epoch, attempt}))
    broken_("a checkpoint is published that is not complete");
  marker.epoch = std::max(marker.epoch, epoch);
  return true;
}

void SimDisk::on_assigned(std::uint64_t job, std::uint32_t attempt) {
  const auto* state = state_of(job);
  if (state == nullptr || state->attempt() < attempt) broken_("an attempt is used before it is durable");
}

void SimDisk::on_begun(std::uint64_t job, std::uint32_t attempt, std::uint64_t epoch, std::uint64_t life) {
  const auto* state = state_of(job);
  if (state == nullptr || state->epochs_reserved() <= epoch) broken_("an epoch is used before it is durable");
  const auto [at, is_new] = begun_.emplace(std::pair(job, epoch), std::pair(attempt, life));
  if (!is_new && at->second != std::pair(attempt, life)) broken_("an epoch's number is used twice");
}

}  // namespace penstock::sim
