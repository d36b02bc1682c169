/// Reads rows from a descriptor that something is sent through: standard input, a socket. Never waits. With a journal
/// what it holds is read first, and what arrives is written to it before it is used. THREAD: the source's.
#pragma once

#include <memory>

#include "operators/sources/record_reader.h"
#include "operators/sources/stream_journals.h"

namespace penstock::operators {

class DescriptorReader {
 public:
  static constexpr int kNobody = -1;  ///< Only the journal is read; half a record where it breaks off is dropped.

  /// `may_block`: the descriptor is not in non-blocking mode, so it is asked before each read. `journal`: borrowed;
  /// nullptr: none.
  DescriptorReader(int descriptor, bool may_block, std::unique_ptr<RecordReader> reader,
                   PartitionJournal* journal = nullptr)
      : descriptor_(descriptor), may_block_(may_block), reader_(std::move(reader)), journal_(journal) {}

  /// As Source::read. kDone: the other side has closed and all is decoded. A lost connection counts as closed;
  /// `error()` tells. With a journal half a record at its end is then dropped at once, as in a replay.
  api::Step read(std::uint32_t max_rows, RunBuffer& run, api::SourceContext& context);
  int error() const { return error_; }  ///< errno of the read that ended it; 0: an ordinary end.
  const RecordReader& reader() const { return *reader_; }
  bool is_live() const { return descriptor_ != kNobody; }
  StreamPosition position() const { return {reader_->offset(), ended_, reader_->learnt()}; }

 private:
  enum class Fill : std::uint8_t { kMore, kNothing, kEnd };
  Fill fill(api::SourceContext& context);
  Fill replay(api::SourceContext& context);

  int descriptor_;
  bool may_block_;
  bool replayed_ = false;
  bool at_end_ = false;
  bool broken_off_ = false;  ///< The journal does not say that its stream ended.
  bool ended_ = false;
  int error_ = 0;
  std::unique_ptr<RecordReader> reader_;
  PartitionJournal* journal_;
};

}  // namespace penstock::operators
