#include "runtime/worker/hosted_checkpoints.h"

#include <fmt/format.h>

#include <filesystem>

#include "proto/messages.h"

namespace penstock::worker {

base::Result<HostedCheckpoints> HostedCheckpoints::open(const proto::CheckpointPlace& place, std::uint32_t attempt,
                                                        const topology::Plan& plan,
                                                        const std::string& state_directory) {
  HostedCheckpoints own;
  if (place.store().empty()) return own;
  auto store = checkpoint::open_store(place.store());
  if (!store) return tl::unexpected(store.error());
  own.setup.store = std::move(*store);
  own.setup.run = {place.job(), attempt};
  if (auto same = own.setup.store->check_token(place.job(), place.token()); !same) return tl::unexpected(same.error());
  own.setup.tier_directory = state_directory.empty() ? own.setup.store->tier_directory(place.job(), attempt)
                                                     : fmt::format("{}/{}/{}", state_directory, place.job(), attempt);
  if (!place.has_restore()) return own;
  // Gone on from a checkpoint of another store, until there is one in its own.
  auto from = checkpoint::open_store(place.restore_store().empty() ? place.store() : place.restore_store());
  if (!from) return tl::unexpected(from.error());
  auto restored = RestoredJob::load(**from, place.restore(), plan);
  if (!restored) return tl::unexpected(restored.error());
  own.restored = std::move(*restored);
  return own;
}

/// Those of this process's tasks; others write beside them.
void HostedCheckpoints::remove_tiers() const {
  std::error_code ignored;
  if (setup.tier_directory.empty()) return;
  std::filesystem::remove(setup.tier_directory, ignored);  // Only where nothing is left in it.
}

void show_checkpoints(const CheckpointDesk::Progress& progress, std::uint64_t begun, proto::JobReport& report) {
  report.set_checkpoint(begun);
  report.set_published(progress.published);
  report.set_drained(progress.drained);
  if (progress.epoch != begun) return;
  for (const CheckpointDesk::Result& result : progress.results) {
    proto::SnapshotReport& shown = *report.add_snapshots();
    shown.set_epoch(progress.epoch);
    if (result.handle) *shown.mutable_handle() = *result.handle;
    if (result.error) *shown.mutable_error() = proto::to_proto(*result.error);
  }
}

}  // namespace penstock::worker
