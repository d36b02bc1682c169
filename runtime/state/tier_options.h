/// How RocksDB is set up here, what its answers mean in our words, and files for it to take in. Part of Tier.
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/sst_file_writer.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/error.h"

namespace penstock::state {

rocksdb::Options tier_options();
base::Error tier_read_error(const rocksdb::Status& status, const std::string& where);
base::Error tier_write_error(const rocksdb::Status& status, const std::string& where);

/// Writes keys that ascend into files of limited size. The files are whole and synced after finish(). Those that nobody
/// has moved elsewhere go with it, also after a failure: on a full disk they would be in their own way.
class SortedFiles {
 public:
  SortedFiles(const rocksdb::Options& options, std::function<std::string()> next_path)
      : options_(options), next_path_(std::move(next_path)) {}
  ~SortedFiles();
  SortedFiles(const SortedFiles&) = delete;
  SortedFiles& operator=(const SortedFiles&) = delete;
  base::Result<void> put(std::string_view key, std::string_view value);
  base::Result<void> gone(std::string_view key);
  base::Result<void> clear(std::string_view from, std::string_view to);
  base::Result<void> finish();
  const std::vector<std::string>& paths() const { return paths_; }

 private:
  base::Result<void> begin_file();
  base::Result<void> checked(const rocksdb::Status& status);

  const rocksdb::Options& options_;
  std::function<std::string()> next_path_;
  std::unique_ptr<rocksdb::SstFileWriter> writer_;
  std::vector<std::string> paths_;
};

}  // namespace penstock::state
