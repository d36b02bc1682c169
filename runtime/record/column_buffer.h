/// Owned, growing columns: what decoders, windows and frame readers fill and then lend out as Rows. Keeps its memory
/// over clear(), so that steady state allocates nothing.
#pragma once

#include <cstddef>
#include <cstring>
#include <deque>
#include <memory>
#include <string_view>
#include <vector>

#include "runtime/record/rows.h"

namespace penstock::record {

/// Bump memory for the bytes of text cells that have no other home. Blocks never move, so views stay good until
/// clear().
class TextArena {
 public:
  char* allocate(std::size_t bytes) {
    while (block_ < blocks_.size() && used_ + bytes > blocks_[block_].size) {
      ++block_;
      used_ = 0;
    }
    if (block_ == blocks_.size()) add_block(bytes);
    char* at = blocks_[block_].data.get() + used_;
    used_ += bytes;
    return at;
  }
  std::string_view copy(std::string_view text) {
    if (text.empty()) return {"", 0};
    char* at = allocate(text.size());
    std::memcpy(at, text.data(), text.size());
    return {at, text.size()};
  }
  void clear() {
    block_ = 0;
    used_ = 0;
  }

 private:
  struct Block {
    std::unique_ptr<char[]> data;
    std::size_t size;
  };
  void add_block(std::size_t at_least) {
    const std::size_t size = at_least > kBlockBytes ? at_least : kBlockBytes;
    blocks_.push_back({std::unique_ptr<char[]>(new char[size]), size});
    used_ = 0;
  }
  static constexpr std::size_t kBlockBytes = 16 << 10;
  std::vector<Block> blocks_;
  std::size_t block_ = 0;
  std::size_t used_ = 0;
};

/// One owned column. Append cells in order; column() lends it out (valid until the next append or clear).
class ColumnBuffer {
 public:
  explicit ColumnBuffer(Type type = {});
  ColumnBuffer(ColumnBuffer&&) = default;
  ColumnBuffer& operator=(ColumnBuffer&&) = default;

  void clear();
  std::uint32_t size() const { return size_; }
  Type type() const { return type_; }

  void append_null();
  void append_bool(bool value) { append_cell(static_cast<std::uint8_t>(value)); }
  void append_int(std::int64_t value) { append_cell(value); }  ///< int64, timestamp, duration
  void append_float(double value) { append_cell(value); }
  void append_text(Text value) { append_cell(value); }  ///< Borrowed: the bytes must outlive the column.
  void append_list(std::uint32_t length);               ///< After `length` appends to child().
  ColumnBuffer& child();                                ///< Elements of a list column.

  /// Room for `count` cells, all valid, to be written by the caller through the returned array.
  template <class Cell>
  Cell* resize(std::uint32_t count) {
    if (cells_.size() < std::size_t{count} * sizeof(Cell)) cells_.resize(std::size_t{count} * sizeof(Cell));
    size_ = count;
    return reinterpret_cast<Cell*>(cells_.data());
  }
  std::uint8_t* state_of_all();  ///< States of all cells so far, to be written by the caller.

  /// Appends the cell of `from` (same type). Text is copied into `arena` when given, else borrowed.
  void append_from(const Column& from, std::uint32_t cell, TextArena* arena);

  Column column() const;

 private:
  template <class Cell>
  void append_cell(Cell value) {
    const std::size_t at = std::size_t{size_} * sizeof(Cell);
    if (cells_.size() < at + sizeof(Cell)) cells_.resize(cells_.size() * 2 + 64 * sizeof(Cell));
    std::memcpy(cells_.data() + at, &value, sizeof(Cell));
    ++size_;
    if (has_state_) push_state(kValid);
  }
  void push_state(std::uint8_t state);

  Type type_;
  std::uint32_t size_ = 0;
  bool has_state_ = false;
  std::vector<std::byte> cells_;
  std::vector<std::uint8_t> states_;
  std::unique_ptr<ColumnBuffer> child_;
  mutable Column child_view_;
};

/// Columns of one schema with event time beside them; `rows()` lends out what has been appended.
class RowsBuffer {
 public:
  explicit RowsBuffer(const Schema& schema);
  void clear();
  std::uint32_t size() const;  ///< Rows so far (cells of the first column, or rows counted by add_row).
  ColumnBuffer& operator[](int field) { return columns_[static_cast<std::size_t>(field)]; }
  TextArena& arena() { return arena_; }
  std::vector<base::Micros>& time() { return time_; }  ///< Leave empty in streams without event time.
  std::vector<base::Micros>& watermark() { return watermark_; }
  std::vector<Change>& change() { return change_; }  ///< Leave empty when all are inserts.
  const Schema& schema() const { return *schema_; }

  Rows rows();                     ///< Dense. Valid until the next append or clear. may_be_late stays true.
  Rows rows(std::uint32_t count);  ///< The same with the row count said (a schema may have no fields).

 private:
  const Schema* schema_;
  std::deque<ColumnBuffer> columns_;
  std::vector<Column> views_;
  std::vector<base::Micros> time_, watermark_;
  std::vector<Change> change_;
  TextArena arena_;
};

}  // namespace penstock::record
