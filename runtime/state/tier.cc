#include "runtime/state/tier.h"

#include <rocksdb/db.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include "runtime/state/task_state.h"
#include "runtime/state/tier_options.h"

namespace penstock::state {
namespace {

rocksdb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }
std::string_view view(const rocksdb::Slice& text) { return {text.data(), text.size()}; }

/// Of every call into RocksDB: an exception (memory, mostly) is an error like any other.
template <class Work>
auto guarded(const std::string& where, Work&& work) -> decltype(work()) {
  try {
    return work();
  } catch (const std::exception& exception) {
    return tl::unexpected(tier_write_error(rocksdb::Status::Aborted(exception.what()), where));
  }
}

}  // namespace

Tier::Tier(std::string directory, std::unique_ptr<rocksdb::DB> db)
    : directory_(std::move(directory)), db_(std::move(db)) {}

Tier::~Tier() {
  if (db_) db_->Close().PermitUncheckedError();
}

base::Result<std::unique_ptr<Tier>> Tier::open(const std::string& directory) {
  return guarded(directory, [&]() -> base::Result<std::unique_ptr<Tier>> {
    rocksdb::DB* db = nullptr;
    const rocksdb::Status status = rocksdb::DB::Open(tier_options(), directory, &db);
    if (!status.ok()) return tl::unexpected(tier_read_error(status, directory));
    auto tier = std::unique_ptr<Tier>(new Tier(directory, std::unique_ptr<rocksdb::DB>(db)));
    tier->look_at_memory();
    return tier;
  });
}

base::Result<void> Tier::scan(const std::string& prefix, std::span<const HashRange> ranges, const Each& each) {
  return guarded(directory_, [&]() -> base::Result<void> {
    const std::string end = end_of(prefix);
    const rocksdb::Slice bound = slice(end);
    rocksdb::ReadOptions options;
    options.iterate_upper_bound = &bound;
    options.fill_cache = false;
    const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator(options));
    for (const HashRange& range : ranges) {
      for (at->Seek(tier_key(prefix, range.first, {})); at->Valid(); at->Next()) {
        const auto key = split_tier_key(view(at->key()));
        if (!key) return tl::unexpected(tier_read_error(rocksdb::Status::Corruption("no such key"), directory_));
        if (key->hash > range.last) break;
        each(*key, view(at->value()));
      }
    }
    if (!at->status().ok()) return tl::unexpected(tier_read_error(at->status(), directory_));
    return {};
  });
}

std::uint64_t Tier::bytes_of(const std::string& prefix) {
  const std::string end = end_of(prefix);
  const rocksdb::Range range(prefix, end);
  std::uint64_t bytes = 0;
  if (!db_->GetApproximateSizes(&range, 1, &bytes).ok()) return 0;  // What is wrong with it, reading will tell.
  return bytes;
}

base::Result<std::vector<std::string>> Tier::prefixes() {
  return guarded(directory_, [&]() -> base::Result<std::vector<std::string>> {
    std::vector<std::string> found;
    const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator(rocksdb::ReadOptions()));
    for (at->SeekToFirst(); at->Valid(); at->Seek(end_of(found.back()))) {
      const auto key = split_tier_key(view(at->key()));
      if (!key) return tl::unexpected(tier_read_error(rocksdb::Status::Corruption("no such key"), directory_));
      found.emplace_back(key->prefix);
    }
    if (!at->status().ok()) return tl::unexpected(tier_read_error(at->status(), directory_));
    return found;
  });
}

std::string Tier::path_for_next_file() { return directory_ + "/delta-" + std::to_string(++files_made_) + ".tmp"; }

/// RocksDB keeps an error, also one of its merging in the background, and takes nothing more until it is told to go on;
/// after most it only would if it were opened anew. A full disk it gets over by itself, a damaged file never.
tl::unexpected<base::Error> Tier::cannot_write(const rocksdb::Status& status) {
  base::Error error = tier_write_error(status, directory_);
  const rocksdb::Status resumed = db_->Resume();
  const bool is_passing = resumed.ok() || resumed.IsBusy() || resumed.IsNoSpace() || status.IsNoSpace();
  if (!is_passing || status.IsCorruption()) error.code = kStateStopped;
  return tl::unexpected(std::move(error));
}

void Tier::look_at_memory() {
  std::uint64_t in_memory = 0;
  if (db_->GetIntProperty(rocksdb::DB::Properties::kEstimateTableReadersMem, &in_memory)) memory_used_ = in_memory;
}

base::Result<void> Tier::add_files(const std::vector<std::string>& paths) {
  if (paths.empty()) return {};
  rocksdb::IngestExternalFileOptions options;
  options.move_files = true;
  options.failed_move_fall_back_to_copy = true;
  options.write_global_seqno = false;
  const rocksdb::Status status = db_->IngestExternalFile(paths, options);
  look_at_memory();
  if (!status.ok()) return cannot_write(status);
  return {};
}

base::Result<void> Tier::clear_spaces(const Delta& delta) {
  const rocksdb::Options options = tier_options();
  SortedFiles files(options, [&] { return path_for_next_file(); });
  for (const auto& [prefix, space] : delta.spaces) {
    if (!space.cleared()) continue;
    if (auto done = files.clear(prefix, end_of(prefix)); !done) return done;
  }
  if (auto done = files.finish(); !done) return done;
  return add_files(files.paths());
}

base::Result<void> Tier::write(Delta& delta) {
  return guarded(directory_, [&]() -> base::Result<void> {
    if (auto done = clear_spaces(delta); !done) return done;
    const rocksdb::Options options = tier_options();
    SortedFiles files(options, [&] { return path_for_next_file(); });
    std::string key;
    for (auto& [prefix, space] : delta.spaces) {
      for (const SpaceDelta::Item& item : space.sort()) {
        key.clear();
        append_tier_key(key, prefix, item.hash, item.key());
        const auto done = item.gone() ? files.gone(key) : files.put(key, item.value());
        if (!done) return done;
      }
    }
    if (auto done = files.finish(); !done) return done;
    return add_files(files.paths());
  });
}

base::Result<void> Tier::take_over(Tier& other, GroupRange groups, const IsWanted& wanted) {
  const auto prefixes = other.prefixes();
  if (!prefixes) return tl::unexpected(prefixes.error());
  return guarded(directory_, [&]() -> base::Result<void> {
    const rocksdb::Options options = tier_options();
    SortedFiles files(options, [&] { return path_for_next_file(); });
    rocksdb::ReadOptions reading;
    reading.fill_cache = false;
    const std::unique_ptr<rocksdb::Iterator> at(other.db_->NewIterator(reading));
    for (const std::string& prefix : *prefixes) {
      if (!wanted(node_of(prefix))) continue;
      const std::string end = end_of_groups(prefix, groups.last);
      for (at->Seek(tier_key(prefix, std::uint64_t{groups.first} << 54, {})); at->Valid(); at->Next()) {
        if (view(at->key()) >= end) break;
        if (auto done = files.put(view(at->key()), view(at->value())); !done) return done;
      }
      if (!at->status().ok()) return tl::unexpected(tier_read_error(at->status(), other.directory_));
    }
    if (auto done = files.finish(); !done) return done;
    return add_files(files.paths());
  });
}

base::Result<std::vector<TierFile>> Tier::files() {
  return guarded(directory_, [&]() -> base::Result<std::vector<TierFile>> {
    std::vector<std::string> names;
    std::uint64_t manifest_bytes = 0;
    rocksdb::Status status = db_->DisableFileDeletions();
    if (status.ok()) status = db_->GetLiveFiles(names, &manifest_bytes, false);
    if (!status.ok()) return cannot_write(status);
    std::vector<TierFile> files;
    std::string manifest;
    for (std::string& name : names) {
      if (name.starts_with('/')) name.erase(0, 1);
      if (name.starts_with("MANIFEST")) manifest = name;
      if (name.ends_with(".sst")) files.push_back({name, 0, true});
    }
    std::ifstream in(directory_ + "/" + manifest, std::ios::binary);
    std::string text(manifest_bytes, '\0');
    if (!in.read(text.data(), static_cast<std::streamsize>(text.size())))
      return tl::unexpected(tier_write_error(rocksdb::Status::IOError("no manifest"), directory_));
    files.push_back({manifest, manifest_bytes, false, std::move(text)});
    return files;
  });
}

void Tier::release_files() { db_->EnableFileDeletions(false).PermitUncheckedError(); }

}  // namespace penstock::state
