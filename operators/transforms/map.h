/// `map` and `add`: fields computed from the row's fields, row by row. `add` passes the input's fields too.
#pragma once

#include <memory>
#include <vector>

#include "operators/runs/carried.h"
#include "operators/runs/subset.h"
#include "runtime/api/operator.h"
#include "runtime/api/spec.h"

namespace penstock::operators {

class Map final : public api::Operator {
 public:
  static base::Result<std::unique_ptr<api::Operator>> make(const api::NodeSpec& spec);
  api::Step process(int input, const record::Rows& rows, api::Context& context) override;

 private:
  /// One field of the output: the program's output `computed`, or the input's field `passed` where that is -1.
  struct OutputField {
    int computed = -1;
    int passed = -1;
    ColumnGather gather;
  };
  Map(expression::Program program, std::vector<OutputField> fields, const record::Schema& schema)
      : program_(std::move(program)), fields_(std::move(fields)), schema_(&schema), columns_(fields_.size()) {}

  expression::Program program_;
  std::vector<OutputField> fields_;
  const record::Schema* schema_;
  std::vector<record::Column> columns_;
  Carried carried_;
  Subset subset_;
  record::Rows output_;
};

}  // namespace penstock::operators
