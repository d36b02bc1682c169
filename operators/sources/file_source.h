/// `file: {path, follow}`: each file is one partition. Files are opened when they are first read; of many only some are
/// open at once, the others are taken up again where they were left. THREAD: the task's executor.
#pragma once

#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

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

 private:
  struct File {
    std::unique_ptr<RecordReader> reader;
    int descriptor = -1;
    bool at_end = false;
    std::uint64_t last_read = 0;
  };
  enum class Fill : std::uint8_t { kMore, kEnd, kFailed };

  base::Result<void> add_file(const std::string& path, api::SourceContext& context);
  void look_for_files(api::SourceContext& context);
  bool ensure_open(File& file, api::SourceContext& context);
  Fill fill(File& file, api::SourceContext& context);
  void fail(const File& file, const std::string& what, int error, api::SourceContext& context);
  void close_file(File& file);
  void close_longest_unread();

  const topology::PlanNode& node_;
  api::TaskPlace place_;
  std::string path_;
  bool follow_;
  RunBuffer run_;
  std::vector<File> files_;  ///< By PartitionId.
  std::unordered_set<std::string> known_;
  FollowWatch watch_;
  int open_files_ = 0;
  std::uint64_t reads_ = 0;
};

base::Result<std::unique_ptr<api::Source>> make_file_source(const api::NodeSpec& spec);

}  // namespace penstock::operators
