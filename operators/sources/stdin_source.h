/// `stdin: {}`: standard input is one partition of the first task; it ends when the other side closes.
/// THREAD: the task's executor.
#pragma once

#include <memory>
#include <optional>

#include "operators/sources/descriptor_reader.h"
#include "runtime/api/registry.h"

namespace penstock::operators {

class StdinSource : public api::Source {
 public:
  /// `descriptor`: standard input; tests give another.
  StdinSource(const api::NodeSpec& spec, int descriptor);

  base::Result<void> open(api::SourceContext& context) override;
  api::Step read(api::PartitionId partition, std::uint32_t max_rows, api::SourceContext& context) override;

 private:
  const topology::PlanNode& node_;
  bool is_mine_;
  int descriptor_;
  bool watching_ = false;
  RunBuffer run_;
  std::optional<DescriptorReader> reader_;
};

base::Result<std::unique_ptr<api::Source>> make_stdin_source(const api::NodeSpec& spec);

}  // namespace penstock::operators
