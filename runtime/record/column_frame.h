/// Rows in a frame column by column: how runs of fixed-size cells travel between tasks of one process, where nobody has
/// to agree on bytes. The receiver lends the arrays out as they are. Between processes, and for text, lists, nulls and
/// updates, rows travel as row_codec.h says.
///
/// The payload is one array of 8-byte cells after another, each with room for base::kFrameRows: time and watermark
/// (streams with event time), the key's hash (keyed edges), then the fields.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "runtime/record/row_codec.h"

namespace penstock::record {

class ColumnFrames {
 public:
  explicit ColumnFrames(RowLayout layout);

  /// Every field of the layout has 8-byte cells, and not so many that a frame would be too large for a pool.
  bool suits() const { return suits_; }
  /// The run can travel so: no null in it, no update.
  bool takes(const Rows& rows) const;
  std::size_t row_bytes() const { return arrays_ * 8; }
  std::size_t payload_bytes() const;

  /// Writes row which[i] of the run, whose cell is cells[i], as row first + i of the frame.
  void write(const Rows& rows, std::span<const std::uint32_t> which, const std::uint32_t* cells,
             const std::uint64_t* hashes, std::byte* payload, std::uint32_t first) const;
  /// The first `count` rows of the frame; valid as long as the payload and until the next call.
  const Rows& lend(const std::byte* payload, std::uint32_t count, bool may_be_late);

 private:
  RowLayout layout_;
  std::size_t arrays_ = 0;
  bool suits_ = true;
  std::vector<Column> views_;
  Rows rows_;
};

}  // namespace penstock::record
