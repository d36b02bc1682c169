/// Keys of several fields (or of one that is neither a number nor text) as one string of bytes, equal exactly when the
/// keys are equal: 8 bytes per field (a number's canonical bits, or the length of a text's bytes), one null mark per
/// field, then the bytes of the texts. Filled column by column. Owner and THREAD: the table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "runtime/record/column_buffer.h"
#include "runtime/record/rows.h"

namespace penstock::state {

class KeyCodec {
 public:
  explicit KeyCodec(std::vector<record::Type> types) : types_(std::move(types)) {}

  /// One text per row of `rows`, good until the next call.
  std::span<const record::Text> encode(const record::Rows& rows, std::span<const int> key_fields);
  /// Appends field `field` of an encoded key. Text is borrowed from `encoded`.
  void decode(record::Text encoded, std::size_t field, record::ColumnBuffer& out) const;

 private:
  std::size_t fixed_bytes() const { return types_.size() * 9; }
  void measure(const record::Rows& rows, std::span<const int> key_fields);
  void write_slots(const record::Rows& rows, const record::Column& column, std::size_t field);
  void write_bytes(const record::Rows& rows, const record::Column& column, std::size_t field);
  void write_slot(std::uint32_t row, std::size_t field, std::uint64_t bits, bool null);

  std::vector<record::Type> types_;
  std::vector<std::size_t> begin_;  ///< Per row: where its key begins; one more at the end.
  std::vector<std::size_t> tail_;   ///< Per row: where its next text goes.
  std::vector<char> bytes_;
  std::vector<record::Text> keys_;
};

}  // namespace penstock::state
