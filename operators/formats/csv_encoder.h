/// `format: csv`: a header at the start of each file, cells quoted where RFC 4180 asks for it. Null is an empty cell,
/// empty text or bytes a quoted one; lists are JSON arrays. In a single column null is a quoted cell (most readers skip
/// empty lines), but for text and bytes, of which an empty line is the null. Numbers, times and bytes are looked at for
/// the delimiter only where it is one that may stand in them. THREAD: the writer's.
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
  void write_plain_with_care(const record::Column& column, std::uint32_t cell, TextOut& out);

  char delimiter_;
  bool quotes_plain_;  ///< The delimiter may stand in a number, a time, bytes or a truth value.
  std::string header_;
  std::string text_;  ///< Scratch.
  CellWriter cells_;
};

}  // namespace penstock::operators
