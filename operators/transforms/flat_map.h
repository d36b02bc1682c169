/// `flat_map`: a row per element of a list; the other fields repeat. Elements and texts are lent, not copied. Keeps its
/// place when the output is full. THREAD: the operator's.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "operators/runs/carried.h"
#include "runtime/api/operator.h"
#include "runtime/api/spec.h"
#include "runtime/expression/program.h"

namespace penstock::operators {

class FlatMap final : public api::Operator {
 public:
  static base::Result<std::unique_ptr<api::Operator>> make(const api::NodeSpec& spec);
  api::Step process(int input, const record::Rows& rows, api::Context& context) override;
  api::Step resume(api::Context& context) override;

 private:
  enum class From : std::uint8_t { kElements, kComputed, kInput };
  struct OutputField {
    From from;
    int index = 0;  ///< Program output or input field.
    ColumnGather gather;
  };
  FlatMap(expression::Program program, int list, std::vector<OutputField> fields, const record::Schema& schema)
      : program_(std::move(program)),
        list_(list),
        fields_(std::move(fields)),
        schema_(&schema),
        columns_(fields_.size()) {}

  void take_elements();
  record::Column elements(ColumnGather& gather) const;
  void emit(api::Context& context);

  expression::Program program_;
  int list_;  ///< The program's output with the lists.
  std::vector<OutputField> fields_;
  const record::Schema* schema_;

  const record::Rows* rows_ = nullptr;             ///< The run at work.
  std::span<const record::Column> computed_;       ///< The program's outputs over it.
  std::uint32_t row_ = 0, element_ = 0;            ///< The next element to emit.
  std::vector<std::uint32_t> parents_, elements_;  ///< Per row of the output: the input's row, the child's cell.
  std::vector<record::Column> columns_;
  Carried carried_;
  record::Rows output_;
};

}  // namespace penstock::operators
