#include "runtime/worker/hosted_checkpoints.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <vector>

#include "proto/messages.h"
#include "runtime/base/failpoint.h"

namespace penstock::worker {

namespace fs = std::filesystem;

namespace {

/// What workers that were killed have left of this job.
void remove_earlier_tiers(const std::string& directory, std::uint32_t attempt) {
  std::error_code ignored;
  std::vector<fs::path> earlier;
  for (fs::directory_iterator each(directory, ignored), end; !ignored && each != end; each.increment(ignored))
    if (std::strtoul(each->path().filename().c_str(), nullptr, 10) < attempt) earlier.push_back(each->path());
  for (const fs::path& one : earlier) fs::remove_all(one, ignored);
}

}  // namespace

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
  if (!state_directory.empty()) remove_earlier_tiers(fmt::format("{}/{}", state_directory, place.job()), attempt);
  if (!place.has_restore()) return own;
  base::failpoint("worker.restore.begun");
  // Gone on from a checkpoint of another store, until there is one in its own.
  auto from = checkpoint::open_store(place.restore_store().empty() ? place.store() : place.restore_store());
  if (!from) return tl::unexpected(from.error());
  auto restored = RestoredJob::load(**from, place.restore(), plan);
  if (!restored) return tl::unexpected(restored.error());
  own.restored = std::move(*restored);
  base::failpoint("worker.restore.read");
  return own;
}

/// Others write beside them.
void HostedCheckpoints::remove_tiers(const topology::Plan& plan, const JobPlace& place) const {
  std::error_code ignored;
  for (std::size_t chain = 0; chain < place.homes.size(); ++chain) {
    const std::string& head = plan.nodes[static_cast<std::size_t>(plan.chains[chain].nodes.front())].name;
    for (std::uint32_t instance = 0; instance < place.homes[chain].size(); ++instance)
      if (place.here.holds(place.homes[chain][instance].executor))
        fs::remove_all(setup.tier_directory + "/" + checkpoint::task_directory(head, instance), ignored);
  }
  fs::remove(setup.tier_directory, ignored);  // These two only where nothing is left in them.
  fs::remove(fs::path(setup.tier_directory).parent_path(), ignored);
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
