/// From an aggregate's internal rows (key fields, one field per call, window bounds) to the rows that the node emits.
/// Output fields that are a plain internal field are lent out as they are; the rest is one program. THREAD: the
/// operator's.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "operators/runs/subset.h"
#include "runtime/api/context.h"
#include "runtime/expression/program.h"
#include "runtime/record/column_buffer.h"

namespace penstock::operators {

class ResultRows {
 public:
  /// `keys`: how many of the internal row's fields are keys. Produces exactly the fields of `output`.
  static base::Result<ResultRows> make(std::shared_ptr<const topology::AggregateExpressions> expressions,
                                       std::size_t keys, const record::Schema& output);

  /// The calls that some output field needs, ascending; computing others would be work for nobody.
  const std::vector<int>& calls() const { return calls_; }

  /// Forgets the rows, keeps the memory.
  void clear();
  std::span<record::ColumnBuffer*> keys() { return std::span(buffer_pointers_).first(keys_); }  ///< To append to.
  std::span<record::ColumnBuffer*> results() { return call_pointers_; }                         ///< One per calls().
  record::TextArena& arena() { return arena_; }
  void set_window(std::uint32_t count, base::Micros start, base::Micros end);
  /// Key columns that are lent instead of appended.
  void lend_key(std::size_t key, const record::Column& column) { lent_[key] = column; }

  /// The output's columns for `count` internal rows; schema, count and columns are set, the rest is the caller's.
  record::Rows build(std::uint32_t count, base::Micros now);
  /// Rows of the latest build whose output expressions failed, ascending.
  std::span<const expression::RowFault> faults() const;
  /// The internal rows of the latest build, to name in a fault.
  const record::Rows& internal() const { return internal_; }

 private:
  struct OutputField {
    int internal = -1;  ///< Internal field, or
    int computed = -1;  ///< output of the program.
  };
  ResultRows() = default;
  base::Result<void> choose_outputs(const record::Schema& output);

  std::shared_ptr<const topology::AggregateExpressions> expressions_;
  std::size_t keys_ = 0;
  const record::Schema* output_ = nullptr;
  std::vector<OutputField> fields_;
  std::vector<int> calls_;
  std::optional<expression::Program> program_;

  std::vector<std::unique_ptr<record::ColumnBuffer>> buffers_;  ///< One per internal field.
  std::vector<record::ColumnBuffer*> buffer_pointers_;
  std::vector<record::ColumnBuffer*> call_pointers_;
  std::vector<record::Column> lent_;  ///< Per key: data set when it was lent.
  std::vector<record::Column> internal_columns_;
  std::vector<record::Column> columns_;
  record::Rows internal_;
  record::TextArena arena_;
};

}  // namespace penstock::operators
