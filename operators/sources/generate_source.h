/// `generate: {count, rate}`: rows computed from the index i. Index i belongs to lane i % 12 whatever the parallelism;
/// a task makes the indices of its lanes in ascending order, one run over all of them at a time. With a rate, row i is
/// due at start + i / rate; what is overdue is made up for, nothing is dropped. A checkpoint keeps each lane's next
/// index and start; lanes that come from tasks which stood at different rounds first catch up with the foremost, one by
/// one. Each keeps the start of the task it was first made by, so that no row of it is due before an earlier one; rows
/// come as the latest start has them due. THREAD: the task's executor.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/api/registry.h"
#include "runtime/expression/program.h"

namespace penstock::operators {

class GenerateSource : public api::Source {
 public:
  GenerateSource(const api::NodeSpec& spec, expression::Program program);

  base::Result<void> open(api::SourceContext& context) override;
  api::Step read(api::PartitionId partition, std::uint32_t max_rows, api::SourceContext& context) override;
  std::string position(api::PartitionId partition) const override;

  static constexpr std::int64_t kLanes = 12;

 private:
  std::int64_t index_at(std::int64_t position) const;      ///< The position-th index of this task.
  std::int64_t positions_below(std::int64_t index) const;  ///< How many of this task's indices are smaller.
  base::Micros due(std::int64_t index, base::Micros start) const;
  std::int64_t first_not_due(base::Micros now, base::Micros start) const;
  base::Result<void> restore(api::SourceContext& context);
  void set_starts(std::vector<base::Micros> starts);
  base::Micros start_of(std::size_t lane) const { return starts_.empty() ? start_ : starts_[lane]; }
  std::int64_t next_of_lane(std::size_t lane) const;
  bool is_behind(std::size_t lane) const;
  api::Step catch_up(std::uint32_t max_rows, api::SourceContext& context);
  void fill_input(std::uint32_t rows);
  void fill_lane(std::size_t lane, std::uint32_t rows);
  void fill_due(std::uint32_t rows);
  bool is_caught_up(api::SourceContext& context) const;
  /// Computes the rows of the indices that were filled in; those behind the first bad one are left for the next run.
  record::Rows compute(std::uint32_t rows, std::uint32_t& used, api::SourceContext& context);
  void emit(std::uint32_t rows, api::SourceContext& context);

  const record::Schema& schema_;
  std::optional<std::int64_t> count_;
  double rate_;  ///< Rows a second of the whole node; 0: as fast as possible.
  expression::Program program_;
  std::vector<std::int64_t> lanes_;  ///< Numbers of this task's lanes, ascending.
  std::vector<api::PartitionId> partitions_;
  base::Micros start_ = 0;            ///< The latest of the lanes'.
  std::vector<base::Micros> starts_;  ///< Of each lane; empty: they are all the same.
  std::int64_t position_ = 0;         ///< Of the next row among this task's.
  std::vector<std::int64_t> next_;    ///< Next index of each lane while they catch up; empty: they go in turn.
  std::int64_t round_ = 0;            ///< To which they catch up.
  std::vector<std::int64_t> index_cells_, due_cells_;
  std::array<record::Column, 2> input_columns_{};
};

base::Result<std::unique_ptr<api::Source>> make_generate_source(const api::NodeSpec& spec);

}  // namespace penstock::operators
