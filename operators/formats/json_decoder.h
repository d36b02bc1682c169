/// `format: json`: one object a line. A block of lines is indexed at once (JsonIndex); when something in the block is
/// not UTF-8 or not a closed string, its lines are indexed one by one, so that only the bad one fails. Missing fields
/// are null, unknown ones are ignored, a repeated one is a fault. Blank lines are skipped. THREAD: the
/// reader's; one per partition.
#pragma once

#include "operators/formats/json_index.h"
#include "operators/formats/json_tokens.h"
#include "operators/formats/line_blocks.h"
#include "operators/formats/row_scratch.h"
#include "runtime/api/format.h"

namespace penstock::operators {

class JsonDecoder : public api::Decoder {
 public:
  explicit JsonDecoder(std::vector<FieldPlan> plan) : plan_(std::move(plan)), scratch_(plan_), guesses_(8, -1) {}

  Progress decode(std::string_view bytes, std::int64_t offset, bool last, std::uint32_t max_rows,
                  record::RowsBuffer& out, std::vector<std::int64_t>& offsets, api::DecodeFaults& faults) override;
  std::string learnt() const override { return learnt_of(blocks_); }
  bool resume(std::string_view learnt) override { return resume_lines(blocks_, learnt); }

 private:
  enum class Outcome : std::uint8_t { kRow, kBlank, kFault };

  bool open_block(std::string_view bytes, std::size_t at, std::int64_t offset, bool last, api::DecodeFaults& faults);
  std::string_view take_line();
  Outcome decode_line(std::string_view line, record::RowsBuffer& out);
  bool read_members(record::TextArena& arena);
  bool read_member(std::size_t ordinal, record::TextArena& arena);
  int field_of(std::size_t ordinal, std::string_view key);
  bool bad(std::string_view expected);

  std::vector<FieldPlan> plan_;
  RowScratch scratch_;
  std::vector<int> guesses_;  ///< Field of the n-th member of the latest object: lines tend to be alike.
  LineBlocks blocks_;
  JsonIndex index_;
  JsonTokens tokens_;
  std::string_view block_;               ///< What is left of it, from the next line on.
  std::string_view whole_block_;         ///< All of it, as indexed.
  const std::uint32_t* next_ = nullptr;  ///< First token of the next line; nullptr: lines are indexed one by one.
  bool block_escapes_ = false;           ///< There is a backslash somewhere in it.
  std::int64_t next_offset_ = -1;        ///< Of the next line; tells whether the following call goes on here.
  RecordFault fault_;
};

}  // namespace penstock::operators
