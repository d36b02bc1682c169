/// `generate: {count, rate}`: rows computed from the index i. Index i belongs to lane i % 12 whatever the parallelism;
/// a task makes the indices of its lanes in ascending order, one run over all of them at a time. With a rate, row i is
/// due at start + i / rate; what is overdue is made up for, nothing is dropped. THREAD: the task's executor.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "runtime/api/registry.h"
#include "runtime/expression/program.h"

namespace penstock::operators {

class GenerateSource : public api::Source {
 public:
  GenerateSource(const api::NodeSpec& spec, expression::Program program);

  base::Result<void> open(api::SourceContext& context) override;
  api::Step read(api::PartitionId partition, std::uint32_t max_rows, api::SourceContext& context) override;

  static constexpr std::int64_t kLanes = 12;

 private:
  std::int64_t index_at(std::int64_t position) const;      ///< The position-th index of this task.
  std::int64_t positions_below(std::int64_t index) const;  ///< How many of this task's indices are smaller.
  base::Micros due(std::int64_t index) const;
  std::int64_t due_positions(base::Micros now) const;
  void fill_input(std::uint32_t rows);
  bool is_caught_up(api::SourceContext& context) const;
  void emit(std::uint32_t rows, api::SourceContext& context);

  const record::Schema& schema_;
  std::optional<std::int64_t> count_;
  double rate_;  ///< Rows a second of the whole node; 0: as fast as possible.
  expression::Program program_;
  std::vector<std::int64_t> lanes_;  ///< Numbers of this task's lanes, ascending.
  std::vector<api::PartitionId> partitions_;
  base::Micros start_ = 0;
  std::int64_t position_ = 0;  ///< Of the next row among this task's.
  std::vector<std::int64_t> index_cells_, due_cells_;
};

base::Result<std::unique_ptr<api::Source>> make_generate_source(const api::NodeSpec& spec);

}  // namespace penstock::operators
