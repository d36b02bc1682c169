/// `file: {path, follow}`: each file is one partition. Files are opened when they are first read; of many only some are
/// open at once, the others are taken up again where they were left. A file is known by what it is (FileIdentity), so
/// that one which is renamed is neither lost nor read again; with `follow` another that takes its name is a partition
/// of its own, NAME#2 and so on, or NAME#INODE where there are several tasks. THREAD: the task's executor.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "operators/sources/file_owners.h"
#include "operators/sources/file_position.h"
#include "operators/sources/follow_watch.h"
#include "operators/sources/record_reader.h"
#include "runtime/api/registry.h"

namespace penstock::operators {

class FileSource : public api::Source {
 public:
  explicit FileSource(const api::NodeSpec& spec);
  ~FileSource() override;

  base::Result<void> open(api::SourceContext& context) override;
  api::Step read(api::PartitionId partition, std::uint32_t max_rows, api::SourceContext& context) override;
  void poll(api::SourceContext& context) override;
  std::string position(api::PartitionId partition) const override;

 private:
  struct File {
    std::unique_ptr<RecordReader> reader;
    std::string path;  ///< Where it is now; the reader's name is that of the partition.
    FileIdentity identity;
    Fingerprint behind;      ///< Of what stands before the reader's offset, while its buffer holds none of it.
    std::int64_t bytes = 0;  ///< Size when last looked at.
    int descriptor = -1;
    bool at_end = false;
    bool ended = false;
    std::uint64_t last_read = 0;
  };
  enum class Fill : std::uint8_t { kMore, kEnd, kGone, kFailed };

  base::Result<void> open_anew(api::SourceContext& context);
  base::Result<void> open_restored(api::SourceContext& context);
  base::Result<void> open_followed(api::SourceContext& context);
  static base::Result<FilePosition> restored_position(const std::string& name, const api::SourceContext& context);
  base::Result<void> go_on(const std::string& name, const FilePosition& position, api::SourceContext& context);
  base::Result<api::PartitionId> add_file(const std::string& name, const std::string& path,
                                          const FilePosition& position, api::SourceContext& context);
  base::Result<void> look_for_files(api::SourceContext& context);
  File* find_followed(const FileIdentity& identity);
  std::string unused_name(const std::string& first) const;
  bool ensure_open(File& file, api::SourceContext& context);
  bool take_up(File& file, api::SourceContext& context);
  Fill fill(File& file, api::SourceContext& context);
  Fill look_at_end(File& file, api::SourceContext& context);
  api::Step end(File& file);
  void fail(const File& file, const std::string& what, int error, api::SourceContext& context);
  void fail_changed(const File& file, const char* code, const std::string& what, api::SourceContext& context);
  void close_file(File& file);
  static void forget_bytes(File& file);
  void close_longest_unread();

  const topology::PlanNode& node_;
  api::TaskPlace place_;
  std::string path_;
  bool follow_;
  RunBuffer run_;
  FileOwners owners_;                                                  ///< With `follow`.
  std::vector<File> files_;                                            ///< By PartitionId.
  std::unordered_multimap<std::uint64_t, api::PartitionId> followed_;  ///< By inode: with `follow`, not ended.
  std::unordered_set<std::string> names_;  ///< With `follow`: of the restored partitions, and of this task's.
  FollowWatch watch_;
  int open_files_ = 0;
  std::uint64_t reads_ = 0;
};

base::Result<std::unique_ptr<api::Source>> make_file_source(const api::NodeSpec& spec);

}  // namespace penstock::operators
