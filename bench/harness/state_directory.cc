#include "bench/harness/state_directory.h"

#include <unistd.h>

#include <filesystem>

#include "bench/harness/places.h"
#include "runtime/checkpoint/checkpoint_store.h"

namespace penstock::bench {

StateDirectory::StateDirectory(const std::string& name)
    : path_(data_path(name + "-" + std::to_string(getpid()) + ".state")) {
  std::filesystem::remove_all(path_);
}

StateDirectory::~StateDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

/// One may be removed while it is looked at: then what is left counts.
std::map<std::uint64_t, std::uint64_t> StateDirectory::checkpoints() const {
  std::map<std::uint64_t, std::uint64_t> found;
  const auto store = checkpoint::open_store(path_ + "/checkpoints");
  const auto jobs = store ? (*store)->jobs() : tl::unexpected(store.error());
  if (!jobs || jobs->empty()) return found;
  const auto complete = (*store)->list(jobs->front());
  if (!complete) return found;
  for (const proto::Manifest& manifest : *complete)
    for (const proto::SnapshotHandle& handle : manifest.snapshots()) found[manifest.epoch()] += handle.uploaded_bytes();
  return found;
}

}  // namespace penstock::bench
