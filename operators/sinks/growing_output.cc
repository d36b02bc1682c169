/// Rows are written where they are read. After a failure a directory gets a new part; one file goes on behind what
/// readers have seen, also when only the job goes on and this sink is new in it, and a line that a killed writer left
/// half written is ended first.
#include <algorithm>
#include <cstdlib>
#include <utility>

#include "operators/sinks/abandoned_files.h"
#include "operators/sinks/file_output.h"
#include "operators/sinks/sync_failure.h"

namespace penstock::operators {
namespace {

class GrowingOutput final : public FileOutput {
 public:
  GrowingOutput(const api::NodeSpec& spec, const FileTarget& target, FileOperations& operations)
      : target_(target), operations_(operations), task_(spec.place.index) {}

  base::Result<void> open(const api::Context& context) override {
    const api::Restored* restored = context.restored();
    remove_abandoned(target_.directory(), target_.is_single() ? target_.stem() : std::string());
    if (!target_.is_single()) {
      next_part_ = target_.first_free(task_);
      if (const auto saved = restored == nullptr ? std::nullopt : restored->own("number"))
        next_part_ = std::max<std::int64_t>(next_part_, std::atoll(std::string(*saved).c_str()));
      return {};
    }
    auto file = OutputFile::create(operations_, target_.path(),
                                   context.goes_on() ? OutputFile::If::kAppended : OutputFile::If::kEmptied);
    if (!file) return tl::unexpected(file.error());
    file_ = std::move(*file);
    is_new_ = file_->size() == 0;
    return file_->ends_line() ? base::Result<void>{} : file_->append("\n");
  }
  base::Result<bool> begin() override {
    while (file_ == nullptr) {
      auto file = OutputFile::create(operations_, target_.part(task_, next_part_++), OutputFile::If::kNew);
      if (!file && file.error().code == "file_exists") continue;
      if (!file) return tl::unexpected(file.error());
      file_ = std::move(*file);
      is_new_ = true;
    }
    return std::exchange(is_new_, false);
  }
  base::Result<void> append(std::string_view text) override {
    unsynced_ = true;
    return file_->append(text);
  }
  bool at_once() const override { return true; }

  api::BlockingJob stage(std::uint64_t, api::SavedParts& parts) override {
    parts["number"] = std::to_string(next_part_);
    if (const base::Error* error = failure_->get())
      return [error = *error]() -> base::Result<void> { return tl::unexpected(error); };
    if (!std::exchange(unsynced_, false)) return {};
    const bool named = std::exchange(named_, true);
    return [file = file_, named, failure = failure_, &operations = operations_]() -> base::Result<void> {
      if (auto synced = failure->keep(file->sync()); !synced || named) return synced;
      return failure->keep(sync_directory(operations, directory_part(file->path())));
    };
  }
  api::BlockingJob publish(std::uint64_t) override { return {}; }
  const base::Error* failure() const override { return failure_->get(); }
  void abort() override { file_ = nullptr; }

 private:
  const FileTarget target_;
  FileOperations& operations_;
  const int task_;
  std::int64_t next_part_ = 0;
  std::shared_ptr<OutputFile> file_;
  bool is_new_ = false;    ///< Without its header.
  bool unsynced_ = false;  ///< Appended to since the last stage.
  bool named_ = false;     ///< Its name is durable, or will be by the stage under way.
  std::shared_ptr<SyncFailure> failure_ = std::make_shared<SyncFailure>();
};

}  // namespace

std::unique_ptr<FileOutput> make_growing_output(const api::NodeSpec& spec, const FileTarget& target,
                                                FileOperations& operations) {
  return std::make_unique<GrowingOutput>(spec, target, operations);
}

}  // namespace penstock::operators
