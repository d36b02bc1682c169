/// What arrived in one partition of a source that cannot be read twice, on disk before it is used. Segments of some
/// MiB, `DIR/NODE.PARTITION.OFFSET.journal` (OFFSET: of the first byte in the partition, 20 digits):
///
///   8 bytes of magic, u32 version, u64 offset, u64 process, u32 CRC-32C of those before it
///   then blocks: u32 length, u32 CRC-32C of the bytes, u32 CRC-32C of these two, the bytes; little-endian
///   a block of length 0: the other side has closed (the connection was not merely lost), and nothing follows
///
/// A block that was cut short at the end of a segment is one that its writer never used. What has been appended is safe
/// from the end of the process at once, from a power cut after the next sync. THREAD: the source's; the sync job runs
/// on the blocking thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/api/operator.h"

namespace penstock::operators {

class PartitionJournal {
 public:
  /// Codes: journal_unwritable, journal_damaged (not what this wrote, or there is a gap), disk_full.
  /// `from`: the first byte that read() gives; what stands before it is not looked at.
  static base::Result<std::unique_ptr<PartitionJournal>> open(const std::string& directory, const std::string& node,
                                                              const std::string& partition, std::int64_t from);
  static bool exists(const std::string& directory, const std::string& node, const std::string& partition);
  /// Names of all partitions of a node that have a journal here, in the order in which they came: NAME, NAME#2,
  /// NAME#10.
  static std::vector<std::string> partitions(const std::string& directory, const std::string& node);
  static void remove(const std::string& directory, const std::string& node, const std::string& partition);
  ~PartitionJournal();
  PartitionJournal(const PartitionJournal&) = delete;
  PartitionJournal& operator=(const PartitionJournal&) = delete;

  /// At most `most` bytes more of what was there when it was opened; 0: that was all.
  base::Result<std::size_t> read(char* room, std::size_t most);
  std::int64_t end() const { return end_; }  ///< Offset behind all that has been read from it or appended.
  /// When read() has given 0: the stream ended there, and was not merely broken off.
  bool has_end() const { return has_end_; }
  /// The same at any time, from a look at the last segment that was there when it was opened.
  base::Result<bool> will_have_end() const;
  std::string files() const { return prefix_ + "*"; }  ///< For people: all of its segments.
  /// This very process has written the last of it, so that its stream may go on.
  bool is_of_this_process() const { return process_ == this_process(); }

  base::Result<void> append(std::string_view bytes);  ///< Behind the end; all of it or (when that fails) none.
  base::Result<void> append_end();                    ///< The other side has closed.
  /// Makes durable what has been appended; empty: nothing has since the last time.
  api::BlockingJob sync();
  void release(std::int64_t below);  ///< Removes segments that hold only bytes below this offset.

 private:
  struct Segment {
    std::int64_t offset = 0;
    std::string path;
  };
  struct File;

  PartitionJournal(std::string prefix, std::vector<Segment> segments);
  static std::uint64_t this_process();
  static std::vector<Segment> list(const std::string& prefix);
  base::Result<void> load(const Segment& segment, std::int64_t from);
  base::Result<void> begin_segment();
  base::Result<void> append_block(std::string_view bytes);

  std::string prefix_;  ///< DIR/NODE.PARTITION.
  std::vector<Segment> segments_;
  std::size_t next_segment_ = 0;  ///< To be loaded for read().
  std::string held_;              ///< What is left of the segment that is being read.
  std::size_t taken_ = 0;         ///< Of held_.
  std::int64_t end_ = 0;          ///< Offset behind the last byte read from disk or appended.
  bool has_end_ = false;
  std::uint64_t process_ = 0;
  std::shared_ptr<File> file_;  ///< The segment that is written.
  std::size_t file_bytes_ = 0;
  std::vector<std::shared_ptr<File>> unsynced_;  ///< Appended to since the last sync.
};

}  // namespace penstock::operators
