#include "operators/sinks/file_sink.h"

#include <atomic>

namespace penstock::operators {
namespace {
constexpr std::size_t kBufferBytes = 256 << 10;
}

/// Shared with the blocking-I/O thread. `result` is written before `done` is set and read after.
struct FileSink::Publishing {
  std::shared_ptr<FileTarget> target;
  std::shared_ptr<OutputFile> file;
  bool staged = true;
  std::atomic<bool> abandoned{false};
  std::atomic<bool> done{false};
  base::Result<void> result;

  void run() {
    if (!abandoned) result = staged ? target->publish(*file) : file->sync();
    done = true;
  }
};

FileSink::FileSink(const api::NodeSpec& spec, FileTarget target, RowText text)
    : target_(std::make_shared<FileTarget>(std::move(target))),
      text_(std::move(text)),
      staged_(spec.node.delivery == topology::Delivery::kExactlyOnce) {}

FileSink::~FileSink() = default;

base::Result<void> FileSink::open(api::Context&) {
  if (auto prepared = target_->prepare(); !prepared) return prepared;
  if (!target_->is_single()) return {};  // A part is begun when there is a row for it.
  auto file = staged_ ? target_->stage() : target_->create();
  if (!file) return tl::unexpected(file.error());
  file_ = std::move(*file);
  text_.header(buffer_);
  return {};
}

bool FileSink::begin_file(api::Context& context) {
  if (file_ != nullptr) return true;
  auto file = staged_ ? target_->stage() : target_->create();
  if (!file) {
    context.fail(file.error());
    return false;
  }
  file_ = std::move(*file);
  text_.header(buffer_);
  return true;
}

bool FileSink::flush(api::Context& context) {
  if (buffer_.empty()) return true;
  const auto written = file_->append(buffer_);
  buffer_.clear();
  if (!written) context.fail(written.error());
  return written.has_value();
}

api::Step FileSink::write(const record::Rows& rows, api::Context& context) {
  if (!begin_file(context)) return api::Step::kDone;
  text_.append(rows, buffer_, context.counters());
  if (buffer_.size() >= kBufferBytes) flush(context);
  return api::Step::kDone;
}

api::Step FileSink::idle(api::Context& context) {
  if (!staged_) flush(context);
  return api::Step::kDone;
}

api::Step FileSink::finish(api::Context& context) {
  return file_ != nullptr ? start_publishing(context) : api::Step::kDone;
}

api::Step FileSink::start_publishing(api::Context& context) {
  if (!flush(context)) return api::Step::kDone;
  publishing_ = std::make_shared<Publishing>();
  publishing_->target = target_;
  publishing_->file = std::move(file_);
  publishing_->staged = staged_;
  context.run_blocking([job = publishing_] { job->run(); });
  return api::Step::kBlocked;
}

api::Step FileSink::resume(api::Context& context) {
  if (publishing_ == nullptr) return api::Step::kDone;
  if (!publishing_->done) return api::Step::kBlocked;
  if (!publishing_->result) {
    context.fail(publishing_->result.error());
    file_ = publishing_->file;  // For abort() to remove.
  }
  publishing_ = nullptr;
  return api::Step::kDone;
}

void FileSink::abort() {
  buffer_.clear();
  if (publishing_ != nullptr) {
    publishing_->abandoned = true;
    file_ = publishing_->file;
  }
  if (staged_ && file_ != nullptr) file_->remove();
  file_ = nullptr;
  publishing_ = nullptr;
}

base::Result<std::unique_ptr<api::Sink>> make_file_sink(const api::NodeSpec& spec) {
  FileTarget target(spec, spec.node.params.text("path"));
  if (target.is_single() && spec.place.count > 1) {
    const std::string path = spec.node.params.text("path");
    return base::fail("file_sink_parallel", path + " is one file, but " + std::to_string(spec.place.count) +
                                                " tasks would write it; say `parallelism: 1` at the sink, or write a "
                                                "directory: " +
                                                path + "/");
  }
  auto text = RowText::make(spec);
  if (!text) return tl::unexpected(text.error());
  return std::make_unique<FileSink>(spec, std::move(target), std::move(*text));
}

}  // namespace penstock::operators
