/// `format: csv`: a header at the start of each file, cells quoted where RFC 4180 asks for it. Null is an empty cell,
/// the empty text a quoted one; lists are JSON arrays. THREAD: the writer's.
#pragma once

#include <string>
#include <vector>

#include "operators/formats/cell_writer.h"
#include "runtime/api/format.h"

namespace penstock::operators {

class CsvEncoder : public api::Encoder {
 public:
  CsvEncoder(const record::Schema& schema, char delimiter, bool header);
  void header(std::string& out) override { out += header_; }
  void encode(const record::Rows& rows, std::string& out) override;

 private:
  void write_cell(const record::Column& column, std::uint32_t cell, TextOut& out);

  char delimiter_;
  std::string header_;
  std::string list_;  ///< Scratch.
  CellWriter cells_;
};

}  // namespace penstock::operators
