/// Cuts CSV text (RFC 4180, any one-byte delimiter) into records and cells. Cells borrow, but for those with doubled
/// quotes. A record that cannot be read costs its first line and no other. THREAD: the decoder's.
#pragma once

#include <string_view>
#include <vector>

#include "operators/formats/fault.h"
#include "runtime/record/column_buffer.h"

namespace penstock::operators {

struct CsvCell {
  std::string_view text;
  bool quoted = false;
};

class CsvRecords {
 public:
  explicit CsvRecords(char delimiter) : delimiter_(delimiter) {}

  enum class Found : std::uint8_t {
    kRecord,  ///< `cells` and `text` are set.
    kFault,   ///< `fault` and `text` are set.
    kNone,    ///< Nothing whole is left.
  };
  /// The next record from bytes[at]; moves `at` behind it. Empty lines are skipped, unless they are records of one
  /// empty cell. Parameters as of LineBlocks::next.
  Found next(std::string_view bytes, std::size_t& at, std::int64_t offset, bool last, record::TextArena& arena);

  bool is_skipping() const { return skipping_; }  ///< The place reached is in the midst of a line that is skipped.
  void go_on_skipping() { skipping_ = true; }
  void take_empty_lines(bool records) { empty_lines_are_records_ = records; }
  const std::vector<CsvCell>& cells() const { return cells_; }
  std::string_view text() const { return text_; }  ///< Of the record, or the first line of what is none.
  const RecordFault& fault() const { return fault_; }

 private:
  enum class Cut : std::uint8_t { kWhole, kBroken, kCut };
  Found take(std::string_view rest, std::size_t& at, bool last, record::TextArena& arena);
  Found refuse(std::string_view rest, std::size_t& at, bool last, RecordFault fault);
  void split_plain(std::string_view line);
  Cut split_quoted(std::string_view rest, std::size_t& size, record::TextArena& arena);
  Cut take_quoted(std::string_view rest, std::size_t& place, record::TextArena& arena);

  char delimiter_;
  bool skipping_ = false;  ///< Within a line that is too long.
  bool empty_lines_are_records_ = false;
  std::vector<CsvCell> cells_;
  std::string_view text_;
  RecordFault fault_;
};

}  // namespace penstock::operators
