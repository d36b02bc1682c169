/// Formats turn bytes into columns and rows into bytes. Chosen by name (`format: json`) from the registry.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/error.h"
#include "runtime/record/column_buffer.h"

namespace penstock::api {

/// Told about input that is not a row: `offset` is the byte offset of the record in its partition.
class DecodeFaults {
 public:
  virtual ~DecodeFaults() = default;
  virtual void failed(std::int64_t offset, std::string_view raw, std::string_view code, std::string_view message) = 0;
  /// The same for what must be understood before any row can be (a header): nothing of this input will be.
  virtual void unreadable(std::int64_t offset, std::string_view raw, std::string_view code, std::string_view message) {
    failed(offset, raw, code, message);
  }
};

/// Turns a stretch of bytes into rows. One Decoder per partition; it may keep what it learnt from a header.
class Decoder {
 public:
  virtual ~Decoder() = default;
  struct Progress {
    std::size_t consumed = 0;  ///< Bytes used up, whole records only.
    std::uint32_t rows = 0;    ///< Rows appended to `out`.
  };
  /// Decodes whole records from `bytes` (which starts at a record's start at offset `offset` of the partition) into
  /// `out`, at most `max_rows`. `last`: nothing follows, so an unterminated record at the end is complete. At least 64
  /// bytes behind bytes.end() are readable (simdjson). Appends the byte offset of each row to `offsets`. Text cells may
  /// borrow from `bytes` or use out.arena().
  virtual Progress decode(std::string_view bytes, std::int64_t offset, bool last, std::uint32_t max_rows,
                          record::RowsBuffer& out, std::vector<std::int64_t>& offsets, DecodeFaults& faults) = 0;
  /// What it knows beside the place where it stands: a header, being in the midst of a line that is skipped. "":
  /// nothing.
  virtual std::string learnt() const { return {}; }
  /// The reverse, for a new decoder that goes on at that place. False: these bytes are nothing it could have said.
  virtual bool resume(std::string_view learnt) { return learnt.empty(); }
};

/// Appends rows to a byte string.
class Encoder {
 public:
  virtual ~Encoder() = default;
  virtual void header(std::string& out) { (void)out; }  ///< At the start of each file (csv).
  virtual void encode(const record::Rows& rows, std::string& out) = 0;
};

}  // namespace penstock::api
