/// Producer's side of one edge that leaves the task: decides which channel each row takes and writes it there.
/// THREAD: one task.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "runtime/channel/out_channel.h"
#include "runtime/record/column_frame.h"
#include "runtime/record/row_codec.h"
#include "topology/plan.h"

namespace penstock::task {

class EdgeWriter {
 public:
  struct Lane {
    channel::OutChannel* channel = nullptr;
    bool remote = false;  ///< Leads to another process: rows travel as bytes.
  };
  /// `lanes`: one per consumer task this task sends to (a forward edge has one).
  EdgeWriter(const topology::PlanEdge& edge, record::RowLayout layout, const std::vector<Lane>& lanes);

  /// Returns the rows (of `rows`) that are too large to travel and were left out; nearly always none.
  std::span<const std::uint32_t> write(const record::Rows& rows);
  bool blocked() const;
  bool under_way() const;  ///< As OutChannel: of at least one.
  bool closed() const;     ///< Nobody behind this edge wants rows any more.
  void ship();
  void watermark(base::Micros value, base::Micros now);
  void idle();
  void barrier(std::uint64_t epoch);
  void drained();
  void end();
  const std::vector<channel::OutChannel*>& channels() const { return channels_; }
  int consumer() const { return consumer_; }  ///< Index of the consuming node in the plan.

 private:
  // False: some row is too large, and nothing was written.
  bool try_write(const record::Rows& rows);
  bool write_to(channel::OutChannel& channel, const record::Rows& rows, const std::uint64_t* hashes);
  bool write_by_hash(const record::Rows& rows);
  record::Rows without_refused(const record::Rows& rows);
  void sort_by_task(std::uint32_t count, std::uint32_t tasks);
  void write_columns(const record::Rows& rows);
  void write_rows_to(channel::OutChannel& channel, const record::Rows& rows, std::span<const std::uint32_t> chosen,
                     const std::uint32_t* cells);
  void write_columns_to(channel::OutChannel& channel, const record::Rows& rows, std::span<const std::uint32_t> chosen,
                        const std::uint32_t* cells);

  int consumer_;
  topology::Partitioning partitioning_;
  std::vector<int> key_;
  record::RowWriter writer_;
  record::ColumnFrames columns_;
  std::vector<channel::OutChannel*> channels_;
  std::vector<std::uint8_t> remote_;  // By channel.
  bool all_remote_ = true;
  std::size_t next_ = 0;  // kRebalance: whose turn it is.
  std::vector<std::uint64_t> hashes_;
  std::vector<std::vector<std::uint32_t>> rows_of_;  // write_columns: what goes to each channel.
  std::vector<std::uint32_t> cells_;
  std::vector<std::uint32_t> count_of_;
  std::vector<std::uint64_t> chosen_hashes_;
  std::vector<std::byte*> places_;
  std::vector<std::uint32_t> refused_, rest_;
  std::vector<std::byte> dropped_;  // Where rows for a closed channel are written.
};

}  // namespace penstock::task
