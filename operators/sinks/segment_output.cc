/// Rows between two barriers are one staged file, which is published whole. Without rows there is none.
#include "operators/sinks/file_output.h"
#include "operators/sinks/staged_segments.h"

namespace penstock::operators {
namespace {

class SegmentOutput final : public FileOutput {
 public:
  SegmentOutput(const api::NodeSpec& spec, const FileTarget& target, FileOperations& operations, bool exactly_once)
      : target_(target), operations_(operations), segments_(spec, target_, operations, exactly_once) {}

  base::Result<void> open(const api::Context& context) override {
    auto opened = segments_.open(context.run(), context.restored(), {});
    if (!opened || !target_.is_single()) return opened;
    const auto how = context.goes_on() ? OutputFile::If::kAppended : OutputFile::If::kEmptied;
    auto file = OutputFile::create(operations_, target_.path(), how);
    if (!file) return tl::unexpected(file.error());
    has_header_ = (*file)->size() > 0;
    return {};
  }
  base::Result<bool> begin() override {
    if (file_ != nullptr) return false;
    auto file = segments_.begin();
    if (!file) return tl::unexpected(file.error());
    file_ = std::move(*file);
    const bool first = !has_header_;
    has_header_ = target_.is_single();
    return first;
  }
  base::Result<void> append(std::string_view text) override { return file_->append(text); }
  api::BlockingJob stage(std::uint64_t epoch, api::SavedParts& parts) override {
    return segments_.stage(epoch, std::move(file_), parts);
  }
  api::BlockingJob publish(std::uint64_t epoch) override { return segments_.publish(epoch); }
  const base::Error* failure() const override { return segments_.failure()->get(); }
  void abort() override {
    if (file_ != nullptr) file_->remove();
    file_ = nullptr;
    segments_.abort();
  }
  void end() override { segments_.end(); }

 private:
  const FileTarget target_;
  FileOperations& operations_;
  StagedSegments segments_;
  std::shared_ptr<OutputFile> file_;
  bool has_header_ = false;  ///< One file has one, at its start.
};

}  // namespace

std::unique_ptr<FileOutput> make_segment_output(const api::NodeSpec& spec, const FileTarget& target,
                                                FileOperations& operations, bool exactly_once) {
  return std::make_unique<SegmentOutput>(spec, target, operations, exactly_once);
}

}  // namespace penstock::operators
