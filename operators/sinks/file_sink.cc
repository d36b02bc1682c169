#include "operators/sinks/file_sink.h"

namespace penstock::operators {
namespace {

constexpr std::size_t kBufferBytes = 256 << 10;

std::unique_ptr<FileOutput> make_output(const api::NodeSpec& spec, const FileTarget& target,
                                        FileOperations& operations) {
  switch (spec.node.delivery) {
    case topology::Delivery::kAtLeastOnce:
      return make_growing_output(spec, target, operations);
    case topology::Delivery::kAtMostOnce:
      return make_segment_output(spec, target, operations, false);
    case topology::Delivery::kExactlyOnce:
      break;
  }
  return target.is_single() ? make_single_output(spec, target, operations)
                            : make_segment_output(spec, target, operations, true);
}

}  // namespace

FileSink::FileSink(const FileTarget& target, FileOperations& operations, std::unique_ptr<FileOutput> output,
                   RowText text)
    : target_(target), operations_(operations), output_(std::move(output)), text_(std::move(text)) {}

base::Result<void> FileSink::open(api::Context& context) {
  if (auto prepared = target_.prepare(operations_); !prepared) return prepared;
  if (auto opened = output_->open(context); !opened) return opened;
  // A part is begun when there is a row for it; a single file is there even without rows, with its header.
  if (!target_.is_single() || context.restored() != nullptr) return {};
  const auto begun = output_->begin();
  if (!begun) return tl::unexpected(begun.error());
  if (*begun) text_.header(buffer_);
  return {};
}

bool FileSink::begin(api::Context& context) {
  const auto begun = output_->begin();
  if (!begun) return lose(begun.error(), context);
  if (*begun) text_.header(buffer_);
  return true;
}

bool FileSink::flush(api::Context& context) {
  if (buffer_.empty()) return true;
  const auto written = output_->append(buffer_);
  buffer_.clear();
  return written ? true : lose(written.error(), context);
}

bool FileSink::lose(const base::Error& error, api::Context& context) {
  if (written_) written_ = tl::unexpected(error);
  context.fail(error);
  return false;
}

api::Step FileSink::write(const record::Rows& rows, api::Context& context) {
  if (!begin(context)) return api::Step::kDone;
  text_.append(rows, buffer_, context.counters());
  if (buffer_.size() >= kBufferBytes) flush(context);
  return api::Step::kDone;
}

api::Step FileSink::idle(api::Context& context) {
  if (output_->at_once()) flush(context);
  return api::Step::kDone;
}

api::Step FileSink::finish(api::Context& context) {
  flush(context);
  output_->finish();
  return api::Step::kDone;
}

api::BlockingJob FileSink::stage(std::uint64_t epoch, api::SavedParts& parts, api::Context& context) {
  if (const base::Error* failure = output_->failure()) context.fail(*failure);  // Back to the last checkpoint.
  flush(context);
  if (!written_) return [outcome = written_] { return outcome; };
  return output_->stage(epoch, parts);
}

api::BlockingJob FileSink::publish(std::uint64_t epoch, api::Context&) { return output_->publish(epoch); }

void FileSink::abort() {
  buffer_.clear();
  output_->abort();
}

void FileSink::end() { output_->end(); }

base::Result<std::unique_ptr<api::Sink>> make_file_sink(const api::NodeSpec& spec, FileOperations& operations) {
  const FileTarget target(spec, spec.node.params.text("path"));
  if (target.is_single() && spec.place.count > 1) {
    const std::string path = spec.node.params.text("path");
    return base::fail("file_sink_parallel", path + " is one file, but " + std::to_string(spec.place.count) +
                                                " tasks would write it; say `parallelism: 1` at the sink, or write a "
                                                "directory: " +
                                                path + "/");
  }
  auto text = RowText::make(spec);
  if (!text) return tl::unexpected(text.error());
  return std::make_unique<FileSink>(target, operations, make_output(spec, target, operations), std::move(*text));
}

}  // namespace penstock::operators
