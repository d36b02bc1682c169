/// A run of rows as operators see it: columns of cells, borrowed. Inside a chain of operators rows flow in this shape;
/// on an edge between tasks they are rows of bytes in a Frame (row_codec.h), and columns again at the other end.
///
/// Whoever emits a Rows keeps all it points to unchanged until the receiver has finished with it, that is until
/// Operator::process (or the resume calls that follow it) has returned Step::kDone.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "runtime/base/clock.h"
#include "runtime/record/schema.h"

namespace penstock::record {

using Text = std::string_view;  ///< A cell of string or bytes: borrowed, never copied to be read.

struct ListSlice {  ///< A cell of a list: elements [offset, offset + length) of Column::child.
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
};

/// State of one cell. Values from kFirstError on are codes of an expression's failure and never leave a Program.
enum CellState : std::uint8_t { kValid = 0, kNull = 1, kFirstError = 2 };

/// Cells of one field. `data` points to an array of the cell type of `type.kind` (see Kind).
struct Column {
  Type type;
  const void* data = nullptr;
  const std::uint8_t* state =
      nullptr;  ///< One CellState per cell; nullptr: every cell is valid. A null's data is unspecified.
  const Column* child = nullptr;  ///< Lists: the elements.

  template <class Cell>
  const Cell* cells() const {
    return static_cast<const Cell*>(data);
  }
  bool is_null(std::uint32_t cell) const { return state != nullptr && state[cell] != kValid; }
};

enum class Change : std::uint8_t {
  kInsert = 0,   ///< A new row.
  kUpdate = 1,   ///< The new value of a row that was there.
  kRetract = 2,  ///< The old value of a row that an kUpdate of the same run, next row, replaces.
  kDelete = 3,   ///< The row is no more.
};

/// Where the rows of a run stood in their source; found by walking up Rows::parent (only inside the source's own
/// chain).
struct RunOrigin {
  std::string_view source;
  std::string_view partition;
  const std::int64_t* offset = nullptr;  ///< Per cell: byte offset (files, sockets) or index (generate) of the row.
};

struct Rows {
  const Schema* schema = nullptr;
  std::uint32_t count = 0;                   ///< Rows in this run.
  const std::uint32_t* selection = nullptr;  ///< Cell index of each row, ascending; nullptr: row k is cell k.
  std::span<const Column> columns;           ///< One per field of the schema.
  const base::Micros* time = nullptr;  ///< Per cell: event time; nullptr in streams without (or where nobody needs it).
  const base::Micros* watermark =
      nullptr;              ///< Per cell: the source partition's watermark before this row. Set iff time is.
  bool may_be_late = true;  ///< False: in every row watermark <= time, so nothing in this run can be late.
  const std::uint64_t* key_hash = nullptr;  ///< Per cell: hash of the key of a keyed edge; nullptr elsewhere.
  const Change* change = nullptr;           ///< Per cell; nullptr: all kInsert.
  const Rows* parent = nullptr;             ///< The run these rows were derived from, for provenance of errors.
  const std::uint32_t* parent_row =
      nullptr;                        ///< Per cell here: row (not cell) of *parent; nullptr: cell k came from row k.
  const RunOrigin* origin = nullptr;  ///< Set on the run that a source emitted.

  std::uint32_t cell(std::uint32_t row) const { return selection != nullptr ? selection[row] : row; }
};

}  // namespace penstock::record
