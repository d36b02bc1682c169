/// Output fields that are input fields of the same name: no cell is touched. THREAD: the operator's.
#pragma once

#include <span>
#include <vector>

#include "runtime/record/rows.h"
#include "runtime/record/schema.h"

namespace penstock::operators {

class ColumnChoice {
 public:
  /// Fields of `output` that `input` does not have are left out of fields().
  ColumnChoice(const record::Schema& input, const record::Schema& output) : output_(&output) {
    for (const record::Field& field : output.fields)
      if (const auto at = input.index_of(field.name)) fields_.push_back(*at);
    columns_.resize(fields_.size());
    same_ = fields_.size() == input.fields.size();
    for (std::size_t i = 0; i < fields_.size(); ++i) same_ &= fields_[i] == static_cast<int>(i);
  }
  /// The same rows and cells with the chosen columns. Valid until the next call.
  record::Rows apply(const record::Rows& rows) {
    record::Rows chosen = rows;
    chosen.schema = output_;
    chosen.key_hash = nullptr;  // It was for the consumer of the keyed edge alone.
    if (same_) return chosen;
    for (std::size_t i = 0; i < fields_.size(); ++i) columns_[i] = rows.columns[static_cast<std::size_t>(fields_[i])];
    chosen.columns = columns_;
    return chosen;
  }

 private:
  const record::Schema* output_;
  std::vector<int> fields_;
  std::vector<record::Column> columns_;
  bool same_ = false;
};

}  // namespace penstock::operators
