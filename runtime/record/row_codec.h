/// Rows as bytes: how a row lies in a frame (proto/WIRE.md is the specification, tests pin golden bytes).
///
///   u32  head     bits 0-27 size of the row in bytes (a multiple of 8), 28 full watermark follows, 29 null bits
///   follow,
///                 30-31 Change
///   i32  lag      time - watermark in us; INT32_MIN: no watermark yet; unspecified when bit 28 is set    (0 without
///   time) i64  time     event time in us                                                                 (event-time
///   streams) u64  hash     hash of the key (keyed edges) 8 bytes per field: the value; text: u32 offset from the row's
///   start, u32 length; list: u32 offset, u32 count variable part: bytes of text; elements of lists (one state byte
///   each, then 8 bytes or u32 length and bytes) zeros, so that the row's size is a multiple of 8 null bits, one per
///   field, lowest first (bit 29) · i64 watermark (bit 28): the last bytes of the row
///
/// THREAD: a writer or reader belongs to one task.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "runtime/record/column_buffer.h"
#include "runtime/record/rows.h"

namespace penstock::record {

struct RowLayout {
  const Schema* schema = nullptr;
  bool time = false;  ///< Event time and watermark travel.
  bool hash = false;  ///< The key's hash travels.

  std::size_t slots_offset() const { return 8 + (time ? 8u : 0u) + (hash ? 8u : 0u); }
  std::size_t fixed_bytes() const { return slots_offset() + 8 * static_cast<std::size_t>(schema->size()); }
};

constexpr std::size_t kMaxRowBytes = (1u << 28) - 8;

/// Writes the rows of one run into memory that the caller finds for each row.
class RowWriter {
 public:
  explicit RowWriter(RowLayout layout);

  /// Sizes of all rows of `rows` as they will be written; valid until the next call.
  std::span<const std::uint32_t> measure(const Rows& rows);
  /// Rows of the measured run that have more than kMaxRowBytes: a run with such rows cannot be written.
  std::span<const std::uint32_t> too_large() const { return too_large_; }
  /// Writes row k of the measured run to places[k], which has measure()[k] bytes. `hashes`: per row, or nullptr.
  void write(const Rows& rows, std::byte* const* places, const std::uint64_t* hashes);
  const RowLayout& layout() const { return layout_; }

 private:
  bool all_plain(const Rows& rows) const;
  void write_heads(const Rows& rows, std::byte* const* places, const std::uint64_t* hashes);
  void write_plain_heads(const Rows& rows, std::byte* const* places, const std::uint64_t* hashes);
  void write_slots(const Rows& rows, int field, std::byte* const* places);
  void write_texts(const Rows& rows, int field, std::byte* const* places);
  void write_lists(const Rows& rows, int field, std::byte* const* places);
  void write_tails(const Rows& rows, std::byte* const* places);

  RowLayout layout_;
  bool fixed_;                ///< No field of variable size.
  bool plain_ = false;        ///< The measured run: fixed size, no nulls, no watermark in full.
  bool sizes_plain_ = false;  ///< sizes_ holds nothing but fixed_bytes().
  std::vector<std::uint32_t> sizes_, too_large_;
  std::vector<std::uint32_t> ends_;  ///< Where the variable part of each row goes on, from the row's start.
  std::vector<std::uint8_t> has_null_;
  std::vector<std::uint8_t> full_watermark_;
};

/// Reads a frame's payload back into columns. Text borrows from the payload.
class RowReader {
 public:
  explicit RowReader(RowLayout layout);

  /// False: the bytes are not `count` rows of this layout (a peer's fault, nothing was read out of bounds).
  bool read(std::span<const std::byte> payload, std::uint32_t count);
  /// The rows of the latest read(); valid as long as the payload and until the next read().
  const Rows& rows() const { return rows_; }

 private:
  bool find_rows(std::span<const std::byte> payload, std::uint32_t count);
  bool find_plain_rows(std::span<const std::byte> payload, std::uint32_t count);
  bool read_heads();
  bool read_field(std::size_t field);
  bool read_texts(std::size_t field);
  bool read_lists(std::size_t field);
  void read_slots(std::size_t field);
  void read_states(std::size_t field);
  bool is_null(std::size_t row, std::size_t field) const;

  RowLayout layout_;
  std::vector<const std::byte*> at_;
  std::vector<std::uint32_t> size_;
  bool fixed_ = true;   ///< No field of variable size.
  bool plain_ = false;  ///< Every row is as long as the fixed part and has nothing behind it.
  bool any_null_ = false;
  bool any_change_ = false;
  std::vector<ColumnBuffer> columns_;
  std::vector<Column> views_;
  std::vector<base::Micros> time_, watermark_;
  std::vector<std::uint64_t> hash_;
  std::vector<Change> change_;
  Rows rows_;
};

}  // namespace penstock::record
