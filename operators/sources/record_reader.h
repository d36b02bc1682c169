/// From the bytes of one partition to runs of rows: a buffer, a decoder and the partition's name for its faults.
/// THREAD: the source's.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "operators/sources/chunk_buffer.h"
#include "runtime/api/format.h"
#include "runtime/api/operator.h"

namespace penstock::operators {

/// What a header that cannot be read ends. A row of its own `on_error` it is in any case.
enum class BadHeader : std::uint8_t {
  kEndsTheJob,        ///< Whatever on_error says: all of the input would be missing.
  kEndsThePartition,  ///< Anybody may connect, and nobody shall end the job by that.
};

/// Where a source keeps the run it has emitted; one serves all its partitions, since only one run is out at a time.
struct RunBuffer {
  explicit RunBuffer(const record::Schema& schema) : rows(schema) {}
  record::RowsBuffer rows;
  std::vector<std::int64_t> offsets;
};

class RecordReader {
 public:
  /// `offset`: where in the partition the first byte stands that will be buffered.
  RecordReader(std::string name, api::PartitionId id, std::unique_ptr<api::Decoder> decoder, std::int64_t offset = 0,
               BadHeader bad_header = BadHeader::kEndsTheJob)
      : name_(std::move(name)), id_(id), decoder_(std::move(decoder)), buffer_(offset), bad_header_(bad_header) {}
  /// The files from which its bytes come again when a later run goes on; for people.
  void comes_again_from(std::string files) { kept_in_ = std::move(files); }

  /// Decodes what is buffered and emits at most one run of at most max_rows rows. False: nothing could be done with
  /// what is there (`last`: nothing is left).
  bool decode(std::uint32_t max_rows, bool last, RunBuffer& run, api::SourceContext& context);

  ChunkBuffer& buffer() { return buffer_; }
  /// Where a reader goes on that is to emit what this one has not: behind the last row.
  std::int64_t offset() const { return buffer_.offset(); }
  std::string learnt() const { return decoder_->learnt(); }  ///< Which a new decoder has to know there.
  const std::string& name() const { return name_; }
  api::PartitionId id() const { return id_; }

 private:
  std::string name_;
  api::PartitionId id_;
  std::unique_ptr<api::Decoder> decoder_;
  ChunkBuffer buffer_;
  BadHeader bad_header_;
  std::string kept_in_;
};

}  // namespace penstock::operators
