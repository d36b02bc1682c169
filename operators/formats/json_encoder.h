/// `format: json`: one object a line, fields in schema order, nulls written. THREAD: the writer's.
#pragma once

#include <string>
#include <vector>

#include "operators/formats/cell_writer.h"
#include "runtime/api/format.h"

namespace penstock::operators {

class JsonEncoder : public api::Encoder {
 public:
  explicit JsonEncoder(const record::Schema& schema);
  void encode(const record::Rows& rows, std::string& out) override;

 private:
  std::vector<std::string> names_;  ///< What stands before each value: `{"a":`, `,"b":`.
  CellWriter cells_;
};

}  // namespace penstock::operators
