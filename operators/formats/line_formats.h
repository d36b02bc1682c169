/// `format: text` (one string a line, UTF-8) and `format: raw` (one bytes field a line, anything). Empty lines are
/// rows. THREAD: the reader's or writer's; one decoder per partition.
#pragma once

#include "operators/formats/cell_writer.h"
#include "operators/formats/line_blocks.h"
#include "runtime/api/format.h"

namespace penstock::operators {

class LineDecoder : public api::Decoder {
 public:
  /// `check_utf8`: a line that is not UTF-8 is that record's error.
  explicit LineDecoder(bool check_utf8) : check_utf8_(check_utf8) {}

  Progress decode(std::string_view bytes, std::int64_t offset, bool last, std::uint32_t max_rows,
                  record::RowsBuffer& out, std::vector<std::int64_t>& offsets, api::DecodeFaults& faults) override;
  std::string learnt() const override { return learnt_of(blocks_); }
  bool resume(std::string_view learnt) override { return resume_lines(blocks_, learnt); }

 private:
  bool check_utf8_;
  LineBlocks blocks_;
};

/// Writes one field of each row, a line each: text and bytes as they are, other types as in CSV; null is an empty line.
class LineEncoder : public api::Encoder {
 public:
  explicit LineEncoder(int field) : field_(static_cast<std::size_t>(field)) {}
  void encode(const record::Rows& rows, std::string& out) override;

 private:
  std::size_t field_;
  CellWriter cells_;
};

}  // namespace penstock::operators
