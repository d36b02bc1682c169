#include "runtime/state/tier_options.h"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <rocksdb/table.h>

#include <cstdio>
#include <utility>

namespace penstock::state {
namespace {

constexpr std::uint64_t kFileBytes = 64 << 20;

/// RocksDB's own log would be a file in every directory that is opened, even to read.
class NoLog final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

class UnsyncedFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  using FSWritableFileOwnerWrapper::FSWritableFileOwnerWrapper;
  rocksdb::IOStatus Sync(const rocksdb::IOOptions&, rocksdb::IODebugContext*) override { return {}; }
  rocksdb::IOStatus Fsync(const rocksdb::IOOptions&, rocksdb::IODebugContext*) override { return {}; }
  rocksdb::IOStatus RangeSync(std::uint64_t, std::uint64_t, const rocksdb::IOOptions&,
                              rocksdb::IODebugContext*) override {
    return {};
  }
};

class UnsyncedDirectory final : public rocksdb::FSDirectory {
 public:
  rocksdb::IOStatus Fsync(const rocksdb::IOOptions&, rocksdb::IODebugContext*) override { return {}; }
};

/// A tier does not outlive its process, so it needs no syncing; what is in an image is synced there, once.
class UnsyncedFiles final : public rocksdb::FileSystemWrapper {
 public:
  using File = std::unique_ptr<rocksdb::FSWritableFile>;
  UnsyncedFiles() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "UnsyncedFiles"; }
  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options, File* file,
                                    rocksdb::IODebugContext* debug) override {
    return unsynced(target()->NewWritableFile(path, options, file, debug), file);
  }
  rocksdb::IOStatus ReopenWritableFile(const std::string& path, const rocksdb::FileOptions& options, File* file,
                                       rocksdb::IODebugContext* debug) override {
    return unsynced(target()->ReopenWritableFile(path, options, file, debug), file);
  }
  rocksdb::IOStatus NewDirectory(const std::string&, const rocksdb::IOOptions&,
                                 std::unique_ptr<rocksdb::FSDirectory>* directory, rocksdb::IODebugContext*) override {
    *directory = std::make_unique<UnsyncedDirectory>();
    return {};
  }

 private:
  static rocksdb::IOStatus unsynced(rocksdb::IOStatus status, File* file) {
    if (status.ok()) *file = std::make_unique<UnsyncedFile>(std::move(*file));
    return status;
  }
};

/// Merging files is never urgent: it takes the time that nobody else wants.
rocksdb::Env* unsynced_env() {
  static const std::unique_ptr<rocksdb::Env> env = [] {
    auto made = rocksdb::NewCompositeEnv(std::make_shared<UnsyncedFiles>());
    made->LowerThreadPoolCPUPriority(rocksdb::Env::LOW, rocksdb::CpuPriority::kIdle).PermitUncheckedError();
    return made;
  }();
  return env.get();
}

/// Entries are read by stretches of keys, never one by one: no filters, no cache but that of the pages.
rocksdb::BlockBasedTableOptions table_options() {
  rocksdb::BlockBasedTableOptions table;
  table.no_block_cache = true;
  table.format_version = 5;
  table.block_size = 8 << 10;
  return table;
}

}  // namespace

rocksdb::Options tier_options() {
  rocksdb::Options options;
  options.env = unsynced_env();
  options.create_if_missing = true;
  options.paranoid_checks = true;
  options.verify_sst_unique_id_in_manifest = true;
  options.skip_stats_update_on_db_open = true;
  options.info_log = std::make_shared<NoLog>();
  options.compaction_readahead_size = 512 << 10;
  options.compression = rocksdb::kNoCompression;
  options.compaction_style = rocksdb::kCompactionStyleUniversal;
  options.level0_file_num_compaction_trigger = 8;
  options.level0_slowdown_writes_trigger = 64;
  options.level0_stop_writes_trigger = 1024;
  options.max_background_jobs = 2;
  options.max_manifest_file_size = 256 << 10;
  options.manifest_preallocation_size = 64 << 10;  // Unless said 4 MiB, which every task would take from the disk.
  options.write_buffer_size = 1 << 20;             // Not used: nothing is written but whole files.
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table_options()));
  return options;
}

base::Error tier_read_error(const rocksdb::Status& status, const std::string& where) {
  if (status.IsNoSpace()) return tier_write_error(status, where);  // Opening writes.
  const bool damaged = !status.IsIOError() || status.IsPathNotFound();
  return {damaged ? "state_damaged" : "state_unreadable",
          std::string(damaged ? "saved state is damaged: " : "saved state cannot be read: ") + status.ToString(),
          base::Origin::kEnvironment, !damaged, where};
}

base::Error tier_write_error(const rocksdb::Status& status, const std::string& where) {
  const bool full = status.IsNoSpace();
  return {full ? "disk_full" : "state_write_failed", "state cannot be saved: " + status.ToString(),
          base::Origin::kEnvironment, true, where};
}

SortedFiles::~SortedFiles() {
  writer_.reset();
  for (const std::string& path : paths_) std::remove(path.c_str());
}

base::Result<void> SortedFiles::checked(const rocksdb::Status& status) {
  if (status.ok()) return {};
  return tl::unexpected(tier_write_error(status, paths_.empty() ? std::string() : paths_.back()));
}

base::Result<void> SortedFiles::begin_file() {
  if (writer_ && writer_->FileSize() < kFileBytes) return {};
  if (auto done = finish(); !done) return done;
  writer_ = std::make_unique<rocksdb::SstFileWriter>(rocksdb::EnvOptions(options_), options_);
  paths_.push_back(next_path_());
  return checked(writer_->Open(paths_.back()));
}

base::Result<void> SortedFiles::put(std::string_view key, std::string_view value) {
  if (auto begun = begin_file(); !begun) return begun;
  return checked(writer_->Put(rocksdb::Slice(key.data(), key.size()), rocksdb::Slice(value.data(), value.size())));
}

base::Result<void> SortedFiles::gone(std::string_view key) {
  if (auto begun = begin_file(); !begun) return begun;
  return checked(writer_->Delete(rocksdb::Slice(key.data(), key.size())));
}

base::Result<void> SortedFiles::clear(std::string_view from, std::string_view to) {
  if (auto begun = begin_file(); !begun) return begun;
  return checked(writer_->DeleteRange(rocksdb::Slice(from.data(), from.size()), rocksdb::Slice(to.data(), to.size())));
}

base::Result<void> SortedFiles::finish() {
  if (!writer_) return {};
  const auto done = checked(writer_->Finish());
  writer_.reset();
  return done;
}

}  // namespace penstock::state
