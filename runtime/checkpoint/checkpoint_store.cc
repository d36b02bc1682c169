#include "runtime/checkpoint/checkpoint_store.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <random>

#include "runtime/base/crc32c.h"
#include "runtime/base/failpoint.h"
#include "runtime/checkpoint/checkpoint_file.h"

namespace penstock::checkpoint {
namespace {

namespace fs = std::filesystem;

constexpr const char* kManifest = "manifest";
constexpr const char* kSnapshot = "snapshot";
constexpr const char* kFinished = "finished";
constexpr const char* kTier = "tier-";
constexpr const char* kWork = "work-";

tl::unexpected<base::Error> failed(const std::string& what, const std::string& path, const std::error_code& error) {
  const bool full = error == std::errc::no_space_on_device;
  return base::fail(full ? "disk_full" : "checkpoint_write_failed",
                    "cannot " + what + " " + path + ": " + error.message(), path, base::Origin::kEnvironment);
}

class FileStore final : public CheckpointStore {
 public:
  explicit FileStore(std::string root) : root_(std::move(root)) {}

  base::Result<std::string> begin_job(const std::string& job) override {
    if (auto made = make_directory_durably(path(job)); !made) return tl::unexpected(made.error());
    base::failpoint("checkpoint.job.begun");
    const std::string at = path(job) + "/" + kTokenFile;
    if (auto there = read_file(at)) {  // Its maker may have died, or failed, before the name was durable.
      if (auto synced = sync_directory(path(job)); !synced) return tl::unexpected(synced.error());
      return *there;
    }
    std::random_device device;
    const std::string token = fmt::format("{:08x}{:08x}", device(), device());
    if (auto written = write_file_durably(at, token); !written) return tl::unexpected(written.error());
    return token;
  }

  base::Result<void> find_job(const std::string& job) const override {
    const auto token = read_file(path(job) + "/" + kTokenFile);
    if (!token) return tl::unexpected(token.error());
    return {};
  }

  base::Result<void> check_token(const std::string& job, const std::string& token) const override {
    const auto there = read_file(path(job) + "/" + kTokenFile);
    if (there && *there == token && ::access(path(job).c_str(), W_OK) == 0) return {};
    return base::fail("store_not_shared",
                      root_ +
                          " is not the directory in which the coordinator keeps checkpoints, or cannot be written; "
                          "name one that all hosts share: penstock coordinator --checkpoints file:///DIR",
                      root_, base::Origin::kEnvironment);
  }

  base::Result<std::string> begin_snapshot(const std::string& job, const std::string& relative) override {
    const std::string at = path(job) + "/" + relative;
    std::error_code error;
    fs::remove_all(at, error);
    if (auto made = make(at); !made) return tl::unexpected(made.error());
    base::failpoint("checkpoint.snapshot.begun");
    return at;
  }

  base::Result<proto::SnapshotHandle> put_snapshot(const std::string& job, const std::string& relative,
                                                   const proto::TaskSnapshot& snapshot) override {
    const std::string at = path(job) + "/" + relative;
    const std::string bytes = frame(snapshot.SerializeAsString());
    if (auto written = write_file_durably(at + "/" + kSnapshot, bytes); !written)
      return tl::unexpected(written.error());
    proto::SnapshotHandle handle;
    handle.set_chain(snapshot.chain());
    handle.set_instance(snapshot.instance());
    handle.set_directory(relative);
    handle.set_bytes(bytes.size());
    handle.set_crc(base::crc32c(bytes.data(), bytes.size()));
    for (const proto::StateFile& file : snapshot.files()) handle.set_state_bytes(handle.state_bytes() + file.bytes());
    handle.set_uploaded_bytes(bytes.size());
    return handle;
  }

  base::Result<proto::TaskSnapshot> get_snapshot(const std::string& job,
                                                 const proto::SnapshotHandle& handle) const override {
    const std::string at = local_path(job, handle) + "/" + kSnapshot;
    const auto bytes = read_file(at);
    if (!bytes) return tl::unexpected(bytes.error());
    if (bytes->size() != handle.bytes() || base::crc32c(bytes->data(), bytes->size()) != handle.crc())
      return base::fail("checkpoint_damaged", at + " is not what the checkpoint's manifest says", at,
                        base::Origin::kEnvironment);
    return read_message<proto::TaskSnapshot>(at);
  }

  std::string local_path(const std::string& job, const proto::SnapshotHandle& handle) const override {
    return path(job) + "/" + handle.directory();
  }

  std::string journal_directory(const std::string& job) const override { return path(job) + "/journal"; }

  std::string tier_directory(const std::string& job, std::uint32_t attempt) const override {
    return fmt::format("{}/{}{}", path(job), kTier, attempt);
  }

  std::string work_file(const std::string& job, std::uint32_t attempt, const std::string& worker) const override {
    return fmt::format("{}/{}{}-{}", path(job), kWork, attempt, worker);
  }

  base::Result<void> remove_tiers(const std::string& job, std::uint32_t below) override {
    const auto names = entries(path(job));
    if (!names) return tl::unexpected(names.error());
    for (const std::string& name : *names) {
      unsigned attempt = 0;
      const bool is_tier = std::sscanf(name.c_str(), "tier-%u", &attempt) == 1;
      if ((!is_tier && std::sscanf(name.c_str(), "work-%u-", &attempt) != 1) || attempt >= below) continue;
      std::error_code error;
      fs::remove_all(path(job) + "/" + name, error);
      if (error) return failed("remove", path(job) + "/" + name, error);
      base::failpoint("checkpoint.tier.removed");
    }
    return {};
  }

  base::Result<void> put_manifest(const proto::Manifest& manifest) override {
    const std::string at = path(manifest.job()) + "/" + epoch_directory(manifest.epoch(), manifest.attempt());
    if (auto made = make(at); !made) return made;
    base::failpoint("checkpoint.manifest.begun");
    if (auto synced = sync_directory(at); !synced) return synced;
    if (auto synced = sync_directory(path(manifest.job())); !synced) return synced;
    base::failpoint("checkpoint.manifest.directories_synced");
    const auto was_there = is_there(at + "/" + kManifest);
    if (!was_there) return tl::unexpected(was_there.error());
    auto written = write_message(at + "/" + kManifest, manifest);
    std::error_code ignored;
    if (!written && !*was_there) fs::remove(at + "/" + kManifest, ignored);  // It may have got its name already.
    return written;
  }

  base::Result<proto::Manifest> get_manifest(const std::string& job, std::uint64_t epoch,
                                             std::uint32_t attempt) const override {
    const std::string at = path(job) + "/" + epoch_directory(epoch, attempt) + "/" + kManifest;
    auto manifest = read_message<proto::Manifest>(at);
    if (manifest && (manifest->job() != job || manifest->epoch() != epoch || manifest->attempt() != attempt))
      return base::fail("checkpoint_damaged", at + " is the manifest of another checkpoint", at,
                        base::Origin::kEnvironment);
    return manifest;
  }

  base::Result<std::vector<proto::Manifest>> list(const std::string& job) const override {
    auto all = manifests(job);
    if (!all) return tl::unexpected(all.error());
    if (!all->empty() && !all->rbegin()->second) return tl::unexpected(all->rbegin()->second.error());
    std::vector<proto::Manifest> found;
    for (auto& [name, manifest] : *all)
      if (manifest) found.push_back(std::move(*manifest));
    return found;
  }

  base::Result<std::vector<UnreadableCheckpoint>> unreadable(const std::string& job) const override {
    const auto all = manifests(job);
    if (!all) return tl::unexpected(all.error());
    std::vector<UnreadableCheckpoint> found;
    for (const auto& [name, manifest] : *all)
      if (!manifest) found.push_back({name, manifest.error()});
    return found;
  }

  base::Result<std::uint64_t> highest_epoch(const std::string& job) const override {
    const auto names = entries(path(job));
    if (!names) return tl::unexpected(names.error());
    std::uint64_t highest = 0;
    for (const std::string& name : *names)
      if (const auto parsed = parse_epoch(name)) highest = std::max(highest, parsed->epoch);
    return highest;
  }

  base::Result<void> remove(const std::string& job, std::uint64_t epoch, std::uint32_t attempt) override {
    const std::string at = path(job) + "/" + epoch_directory(epoch, attempt);
    std::error_code error;
    base::failpoint("checkpoint.removal.begun");
    fs::remove(at + "/" + kManifest, error);
    base::failpoint("checkpoint.removal.manifest_gone");
    if (!error) fs::remove_all(at, error);
    if (error) return failed("remove", at, error);
    base::failpoint("checkpoint.removal.done");
    return {};
  }

  base::Result<void> remove_older(const std::string& job, std::uint64_t below) override {
    const auto names = entries(path(job));
    if (!names) return tl::unexpected(names.error());
    for (const std::string& name : *names) {
      const auto parsed = parse_epoch(name);
      if (!parsed || parsed->epoch >= below) continue;
      const auto complete = is_there(path(job) + "/" + name + "/" + kManifest);
      if (!complete) return tl::unexpected(complete.error());
      if (!*complete) continue;
      if (auto removed = remove(job, parsed->epoch, parsed->attempt); !removed) return removed;
    }
    return {};
  }

  base::Result<void> remove_unfinished(const std::string& job, std::uint64_t below) override {
    const auto names = entries(path(job));
    if (!names) return tl::unexpected(names.error());
    for (const std::string& name : *names) {
      const auto parsed = parse_epoch(name);
      const std::string at = path(job) + "/" + name;
      if (!parsed || parsed->epoch >= below) continue;
      const auto complete = is_there(at + "/" + kManifest);
      if (!complete) return tl::unexpected(complete.error());
      if (*complete) continue;
      std::error_code error;
      fs::remove_all(at, error);
      if (error) return failed("remove", at, error);
      base::failpoint("checkpoint.unfinished.removed");
    }
    return {};
  }

  base::Result<void> remove_job(const std::string& job) override {
    std::error_code error;
    fs::remove_all(path(job), error);
    if (error) return failed("remove", path(job), error);
    return {};
  }

  base::Result<void> note_finished(const std::string& job) override {
    return write_file_durably(path(job) + "/" + kFinished, "");
  }

  base::Result<bool> has_finished(const std::string& job) const override {
    return is_there(path(job) + "/" + kFinished);
  }

 private:
  std::string path(const std::string& job) const { return root_ + "/" + job; }

  static base::Result<void> make(const std::string& at) {
    std::error_code error;
    fs::create_directories(at, error);
    if (error) return failed("make the directory", at, error);
    return {};
  }

  /// All that are there, whether they can be read or not.
  base::Result<std::map<EpochName, base::Result<proto::Manifest>>> manifests(const std::string& job) const {
    const auto names = entries(path(job));
    if (!names) return tl::unexpected(names.error());
    std::map<EpochName, base::Result<proto::Manifest>> found;
    for (const std::string& name : *names) {
      const auto parsed = parse_epoch(name);
      if (!parsed) continue;
      auto manifest = get_manifest(job, parsed->epoch, parsed->attempt);
      if (manifest || manifest.error().code != "checkpoint_missing") found.emplace(*parsed, std::move(manifest));
    }
    return found;
  }

  /// What cannot be looked at is not taken for what is not there: a checkpoint might be removed.
  static base::Result<bool> is_there(const std::string& at) {
    std::error_code error;
    const auto type = fs::status(at, error).type();
    if (type != fs::file_type::none) return type != fs::file_type::not_found;
    return base::fail("checkpoint_unreadable", "cannot look at " + at + ": " + error.message(), at,
                      base::Origin::kEnvironment);
  }

  /// Names in a directory, sorted; one that is not there holds none.
  static base::Result<std::vector<std::string>> entries(const std::string& at) {
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator each(at, error), end; !error && each != end; each.increment(error))
      names.push_back(each->path().filename().string());
    if (error && error != std::errc::no_such_file_or_directory)
      return base::fail("checkpoint_unreadable", "cannot list " + at + ": " + error.message(), at,
                        base::Origin::kEnvironment);
    std::sort(names.begin(), names.end());
    return names;
  }

  std::string root_;
};

}  // namespace

std::string epoch_directory(std::uint64_t epoch, std::uint32_t attempt) { return fmt::format("{}-{}", epoch, attempt); }

std::optional<EpochName> parse_epoch(const std::string& name) {
  EpochName parsed;
  char rest = 0;
  unsigned long long epoch = 0;
  if (std::sscanf(name.c_str(), "%llu-%u%c", &epoch, &parsed.attempt, &rest) != 2) return std::nullopt;
  parsed.epoch = epoch;
  return name == epoch_directory(parsed.epoch, parsed.attempt) ? std::optional(parsed) : std::nullopt;
}

std::string task_directory(const std::string& chain, std::uint32_t instance) {
  return fmt::format("{}-{}", chain, instance);
}

base::Result<std::unique_ptr<CheckpointStore>> open_store(const std::string& url) {
  constexpr std::string_view kFile = "file://";
  std::string root = url;
  if (root.starts_with(kFile)) root.erase(0, kFile.size());
  if (root.empty() || root.find("://") != std::string::npos)
    return base::fail("bad_store", "'" + url + "' is no place for checkpoints; write file:///DIR", url);
  while (root.size() > 1 && root.ends_with('/')) root.pop_back();
  return std::make_unique<FileStore>(std::move(root));
}

}  // namespace penstock::checkpoint
