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

/// Where a source keeps the run it has emitted; one serves all its partitions, since only one run is out at a time.
struct RunBuffer {
  explicit RunBuffer(const record::Schema& schema) : rows(schema) {}
  record::RowsBuffer rows;
  std::vector<std::int64_t> offsets;
};

class RecordReader {
 public:
  RecordReader(std::string name, api::PartitionId id, std::unique_ptr<api::Decoder> decoder)
      : name_(std::move(name)), id_(id), decoder_(std::move(decoder)) {}

  /// Decodes what is buffered and emits at most one run of at most max_rows rows. False: nothing could be done with
  /// what is there (`last`: nothing is left).
  bool decode(std::uint32_t max_rows, bool last, RunBuffer& run, api::SourceContext& context);

  ChunkBuffer& buffer() { return buffer_; }
  const std::string& name() const { return name_; }
  api::PartitionId id() const { return id_; }

 private:
  std::string name_;
  api::PartitionId id_;
  std::unique_ptr<api::Decoder> decoder_;
  ChunkBuffer buffer_;
};

}  // namespace penstock::operators
