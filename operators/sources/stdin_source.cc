#include "operators/sources/stdin_source.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "operators/formats/formats.h"

namespace penstock::operators {

StdinSource::StdinSource(const api::NodeSpec& spec, int descriptor)
    : node_(spec.node),
      is_mine_(spec.place.index == 0),
      descriptor_(descriptor),
      run_(spec.node.schema),
      journals_(spec.node) {}

base::Result<void> StdinSource::open(api::SourceContext& context) {
  if (is_mine_) {
    ended_ = context.restored() != nullptr && !context.restored()->all("ended").empty();
    if (auto opened = journals_.open(context); !opened) return opened;
    if (auto opened = open_left(context); !opened) return opened;
    if (!ended_ && !has_live_)
      if (auto opened = open_live(context); !opened) return opened;
  }
  context.partitions_complete();
  return {};
}

/// What the journal holds and the checkpoint does not cover.
base::Result<void> StdinSource::open_left(api::SourceContext& context) {
  const auto left = journals_.left(context);
  if (!left) return tl::unexpected(left.error());
  const auto closed = StreamJournals::closed(*left);
  if (!closed) return tl::unexpected(closed.error());
  ended_ = ended_ || *closed;
  for (const StreamJournals::Left& partition : *left) {
    const bool is_live = !ended_ && partition.journal->is_of_this_process();
    has_live_ = has_live_ || is_live;
    const int descriptor = is_live ? descriptor_ : DescriptorReader::kNobody;
    if (auto added = add(partition.name, descriptor, partition.position, partition.journal, context); !added)
      return added;
  }
  return {};
}

base::Result<void> StdinSource::open_live(api::SourceContext& context) {
  const std::string name = journals_.fresh_name("stdin");
  PartitionJournal* journal = nullptr;
  if (journals_.wanted()) {
    auto begun = journals_.begin(name);
    if (!begun) return tl::unexpected(begun.error());
    journal = *begun;
  }
  return add(name, descriptor_, {}, journal, context);
}

base::Result<void> StdinSource::add(const std::string& name, int descriptor, const StreamPosition& position,
                                    PartitionJournal* journal, api::SourceContext& context) {
  bool is_pipe = false;
  if (descriptor != DescriptorReader::kNobody) {
    struct stat status {};
    if (fstat(descriptor, &status) != 0)
      return base::fail("stdin_closed", "standard input is closed", "", base::Origin::kEnvironment);
    is_pipe = watching_ = !S_ISREG(status.st_mode);  // A file is always ready, and cannot be watched.
    if (watching_) context.watch(descriptor, false);
  }
  auto decoder = make_decoder(node_.format, node_.schema, node_.format_params);
  if (!decoder) return tl::unexpected(decoder.error());
  if (!(*decoder)->resume(position.learnt))
    return base::fail("checkpoint_damaged", "what the checkpoint holds of the format of " + name + " cannot be read",
                      name, base::Origin::kEnvironment);
  const api::PartitionId id = context.add_partition(name, !is_pipe);
  auto reader = std::make_unique<RecordReader>(name, id, std::move(*decoder), position.offset);
  if (journal != nullptr) reader->comes_again_from(journal->files());
  readers_.emplace(id, DescriptorReader(descriptor, is_pipe, std::move(reader), journal));
  return {};
}

api::Step StdinSource::read(api::PartitionId partition, std::uint32_t max_rows, api::SourceContext& context) {
  DescriptorReader& reader = readers_.at(partition);
  const api::Step step = reader.read(max_rows, run_, context);
  if (step != api::Step::kDone) return step;
  journals_.ended(reader.reader().name());
  if (!reader.is_live()) return step;
  ended_ = true;
  if (watching_) context.unwatch(descriptor_);
  watching_ = false;
  if (reader.error() != 0) {
    context.fail({"stdin_failed", std::string("cannot read standard input: ") + std::strerror(reader.error()),
                  base::Origin::kEnvironment, false, "stdin"});
  }
  return step;
}

std::string StdinSource::position(api::PartitionId partition) const { return readers_.at(partition).position().text(); }

void StdinSource::save(api::SavedParts& parts) {
  if (ended_) parts["ended"] = "1";
  journals_.save(parts);
}

void StdinSource::on_barrier(std::uint64_t epoch) {
  std::map<std::string, std::int64_t> offsets;
  for (const auto& [id, reader] : readers_) offsets[reader.reader().name()] = reader.reader().offset();
  journals_.on_barrier(epoch, std::move(offsets));
}

base::Result<std::unique_ptr<api::Source>> make_stdin_source(const api::NodeSpec& spec) {
  return std::make_unique<StdinSource>(spec, STDIN_FILENO);
}

}  // namespace penstock::operators
