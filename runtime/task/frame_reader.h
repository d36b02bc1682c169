/// Turns the frames of one edge into runs of rows, whichever way the rows lie in them. THREAD: the receiving task's.
#pragma once

#include "runtime/record/column_frame.h"
#include "runtime/record/frame.h"
#include "runtime/record/row_codec.h"

namespace penstock::task {

class FrameReader {
 public:
  explicit FrameReader(record::RowLayout layout) : rows_(layout), columns_(layout) {}

  /// The frame's rows, valid as long as the frame and until the next call; nullptr: it does not hold what it promises.
  const record::Rows* read(const record::Frame& frame) {
    if (frame.columns) return &columns_.lend(frame.payload.data(), frame.header.rows, frame.may_be_late);
    return rows_.read(frame.bytes(), frame.header.rows) ? &rows_.rows() : nullptr;
  }

 private:
  record::RowReader rows_;
  record::ColumnFrames columns_;
};

}  // namespace penstock::task
