/// `stdin: {}`: standard input is one partition of the first task; it ends when the other side closes. With a journal
/// what a process that has died had read of it is a partition apart, and the input of the next one is `stdin#2` and so
/// on; within one process it goes on where it was. When it had ended, as the journal says too, nothing more is read.
/// THREAD: the task's executor.
#pragma once

#include <map>
#include <string>

#include "operators/sources/descriptor_reader.h"
#include "runtime/api/registry.h"

namespace penstock::operators {

class StdinSource : public api::Source {
 public:
  /// `descriptor`: standard input; tests give another.
  StdinSource(const api::NodeSpec& spec, int descriptor);

  base::Result<void> open(api::SourceContext& context) override;
  api::Step read(api::PartitionId partition, std::uint32_t max_rows, api::SourceContext& context) override;
  void poll(api::SourceContext& context) override { journals_.sync(context); }
  std::string position(api::PartitionId partition) const override;
  void save(api::SavedParts& parts) override;
  void on_barrier(std::uint64_t epoch) override;
  void on_published(std::uint64_t epoch, api::SourceContext&) override { journals_.on_published(epoch); }

 private:
  base::Result<void> open_left(api::SourceContext& context);
  base::Result<void> open_live(api::SourceContext& context);
  base::Result<void> add(const std::string& name, int descriptor, const StreamPosition& position,
                         PartitionJournal* journal, api::SourceContext& context);

  const topology::PlanNode& node_;
  bool is_mine_;
  int descriptor_;
  bool watching_ = false;
  bool has_live_ = false;
  bool ended_ = false;  ///< The other side has closed.
  RunBuffer run_;
  StreamJournals journals_;
  std::map<api::PartitionId, DescriptorReader> readers_;
};

base::Result<std::unique_ptr<api::Source>> make_stdin_source(const api::NodeSpec& spec);

}  // namespace penstock::operators
