/// A static table, read whole: its columns, and which row a key is in. Built by whoever has the time (a reload: on the
/// blocking thread), then read by one task.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "operators/runs/gather.h"
#include "runtime/api/format.h"
#include "runtime/api/registry.h"
#include "runtime/api/state.h"
#include "topology/plan.h"

namespace penstock::operators {

class LookupTable {
 public:
  /// `index` is an empty table for key -> row, with the table's key types and kRowBytes of value. Errors say what the
  /// user has to mend: no such file, a row that is none, a key that is there twice.
  static base::Result<std::unique_ptr<LookupTable>> load(const topology::PlanTable& plan,
                                                         const api::FormatFactory& format,
                                                         std::unique_ptr<api::StateTable> index);
  static constexpr std::size_t kRowBytes = 8;

  /// For each row of `rows` the table's row with that key, kNoCell where there is none. A null key is in no row.
  void find(const record::Rows& rows, std::span<const int> key_fields, std::vector<std::uint32_t>& found);
  const record::Column& column(int field) const { return rows_.columns[static_cast<std::size_t>(field)]; }

 private:
  LookupTable(const topology::PlanTable& plan, std::unique_ptr<api::StateTable> index)
      : plan_(plan), content_(plan.schema), index_(std::move(index)) {}
  base::Result<void> read_file();
  base::Result<void> decode(api::Decoder& decoder);
  base::Result<void> index_keys();
  base::Result<void> index_run(std::uint32_t first, std::uint32_t count);
  void index_directly();
  bool has_null_key(std::uint32_t row) const;
  void find_directly(const record::Rows& rows, const record::Column& keys, std::vector<std::uint32_t>& found) const;

  const topology::PlanTable& plan_;
  std::string shown_path_;  ///< For messages: what came with a job is read from elsewhere.
  std::string bytes_;       ///< The file; text cells borrow from it.
  record::RowsBuffer content_;
  std::vector<std::int64_t> offsets_;
  record::Rows rows_;
  std::unique_ptr<api::StateTable> index_;
  std::vector<api::Entry> entries_;
  std::vector<std::uint32_t> direct_;  ///< By key - direct_first_: where the keys are integers close to each other.
  std::int64_t direct_first_ = 0;
};

}  // namespace penstock::operators
