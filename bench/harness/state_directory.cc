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
  const std::string root = path_ + "/checkpoints";
  const auto store = checkpoint::open_store(root);
  std::error_code absent;
  const std::filesystem::directory_iterator job(root, absent);
  if (!store || absent || job == std::filesystem::directory_iterator()) return found;
  const auto complete = (*store)->list(job->path().filename());
  if (!complete) return found;
  for (const proto::Manifest& manifest : *complete)
    for (const proto::SnapshotHandle& handle : manifest.snapshots()) found[manifest.epoch()] += handle.uploaded_bytes();
  return found;
}

}  // namespace penstock::bench
