/// Reads rows from a descriptor that something is sent through: standard input, a socket. Never waits.
/// THREAD: the source's.
#pragma once

#include <memory>

#include "operators/sources/record_reader.h"

namespace penstock::operators {

class DescriptorReader {
 public:
  /// `may_block`: the descriptor is not in non-blocking mode, so it is asked before each read.
  DescriptorReader(int descriptor, bool may_block, std::unique_ptr<RecordReader> reader)
      : descriptor_(descriptor), may_block_(may_block), reader_(std::move(reader)) {}

  /// As Source::read. kDone: the other side has closed and all is decoded. A lost connection counts as closed;
  /// `error()` tells.
  api::Step read(std::uint32_t max_rows, RunBuffer& run, api::SourceContext& context);
  int error() const { return error_; }  ///< errno of the read that ended it; 0: an ordinary end.
  const RecordReader& reader() const { return *reader_; }

 private:
  enum class Fill : std::uint8_t { kMore, kNothing, kEnd };
  Fill fill();

  int descriptor_;
  bool may_block_;
  bool at_end_ = false;
  int error_ = 0;
  std::unique_ptr<RecordReader> reader_;
};

}  // namespace penstock::operators
