#include "operators/sources/stdin_source.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "operators/formats/formats.h"

namespace penstock::operators {

StdinSource::StdinSource(const api::NodeSpec& spec, int descriptor)
    : node_(spec.node), is_mine_(spec.place.index == 0), descriptor_(descriptor), run_(spec.node.schema) {}

base::Result<void> StdinSource::open(api::SourceContext& context) {
  if (is_mine_) {
    struct stat status {};
    if (fstat(descriptor_, &status) != 0) {
      return base::fail("stdin_closed", "standard input is closed", "", base::Origin::kEnvironment);
    }
    auto decoder = make_decoder(node_.format, node_.schema, node_.format_params);
    if (!decoder) return tl::unexpected(decoder.error());
    // A file is always ready, and cannot be watched.
    watching_ = !S_ISREG(status.st_mode);
    const api::PartitionId id = context.add_partition("stdin", !watching_);
    reader_.emplace(descriptor_, watching_, std::make_unique<RecordReader>("stdin", id, std::move(*decoder)));
    if (watching_) context.watch(descriptor_, false);
  }
  context.partitions_complete();
  return {};
}

api::Step StdinSource::read(api::PartitionId, std::uint32_t max_rows, api::SourceContext& context) {
  const api::Step step = reader_->read(max_rows, run_, context);
  if (step != api::Step::kDone) return step;
  if (watching_) context.unwatch(descriptor_);
  watching_ = false;
  if (reader_->error() != 0) {
    context.fail({"stdin_failed", std::string("cannot read standard input: ") + std::strerror(reader_->error()),
                  base::Origin::kEnvironment, false, "stdin"});
  }
  return step;
}

base::Result<std::unique_ptr<api::Source>> make_stdin_source(const api::NodeSpec& spec) {
  return std::make_unique<StdinSource>(spec, STDIN_FILENO);
}

}  // namespace penstock::operators
