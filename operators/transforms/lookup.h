/// `lookup`: each row with the row of a static table that has its key; `left` passes rows without one too, with nulls.
/// With `reload` the table is read again in the background and swapped in between two runs; when that fails the old one
/// stays. THREAD: the operator's; reading: the blocking thread.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "operators/runs/carried.h"
#include "operators/runs/subset.h"
#include "operators/transforms/lookup_table.h"
#include "runtime/api/operator.h"
#include "runtime/api/spec.h"
#include "runtime/expression/program.h"

namespace penstock::operators {

class Lookup final : public api::Operator {
 public:
  /// `registry` must outlive the operator.
  static base::Result<std::unique_ptr<api::Operator>> make(const api::NodeSpec& spec, const api::Registry& registry);
  base::Result<void> open(api::Context& context) override;
  api::Step process(int input, const record::Rows& rows, api::Context& context) override;
  api::Step on_timer(api::Context& context) override;

 private:
  /// A field of the joined row, which is the input's fields and then the table's; only those that are read are filled.
  struct JoinedField {
    bool read = false;
    ColumnGather gather;
  };
  struct OutputField {
    bool computed;
    std::size_t index;  ///< Of the program's outputs, or of the joined row.
  };
  struct Reload {
    std::unique_ptr<api::StateTable> index;
    base::Result<std::unique_ptr<LookupTable>> table{nullptr};
    std::atomic<bool> done{false};
  };
  Lookup(const api::NodeSpec& spec, const api::FormatFactory& format);
  base::Result<void> choose_fields(const api::NodeSpec& spec);
  std::unique_ptr<api::StateTable> make_index(api::Context& context) const;
  void take_reloaded(api::Context& context);
  const record::Rows& join(const record::Rows& rows);
  void fill(std::span<const std::uint32_t> cells, const record::Rows& rows);

  const topology::PlanNode& node_;
  const topology::PlanTable& plan_;
  const api::FormatFactory& format_;
  const record::Schema& output_schema_;
  std::size_t input_fields_;
  bool inner_;
  std::optional<expression::Program> program_;
  std::vector<OutputField> fields_;
  std::vector<JoinedField> joined_fields_;

  std::unique_ptr<LookupTable> table_;
  std::shared_ptr<Reload> reload_;      ///< Under way.
  std::vector<std::uint32_t> found_;    ///< Per row: the table's row.
  std::vector<std::uint32_t> parents_;  ///< Per row that is passed: the input's row (when not all are).
  std::vector<record::Column> joined_columns_, columns_;
  record::Rows joined_;
  Carried carried_;
  Subset subset_;
  record::Rows output_;
};

}  // namespace penstock::operators
