#include "operators/sources/record_reader.h"

#include <algorithm>

#include "runtime/base/limits.h"

namespace penstock::operators {
namespace {

class FaultsOfPartition : public api::DecodeFaults {
 public:
  FaultsOfPartition(const std::string& partition, BadHeader bad_header, const std::string& kept_in,
                    api::SourceContext& context)
      : partition_(partition), bad_header_(bad_header), kept_in_(kept_in), context_(context) {}
  void failed(std::int64_t offset, std::string_view raw, std::string_view code, std::string_view message) override {
    context_.input_failed(partition_, offset, raw, code, message);
  }
  void unreadable(std::int64_t offset, std::string_view raw, std::string_view code, std::string_view message) override {
    failed(offset, raw, code, message);
    if (bad_header_ != BadHeader::kEndsTheJob) return;
    context_.fail({std::string(code),
                   "nothing of " + partition_ + " can be read, whatever on_error says: " + std::string(message) +
                       (kept_in_.empty() ? ""
                                         : "; it is kept in " + kept_in_ +
                                               ", and comes from there again: move that away before you go on"),
                   base::Origin::kUser, false, partition_ + " at byte " + std::to_string(offset)});
  }

 private:
  const std::string& partition_;
  BadHeader bad_header_;
  const std::string& kept_in_;
  api::SourceContext& context_;
};

}  // namespace

bool RecordReader::decode(std::uint32_t max_rows, bool last, RunBuffer& run, api::SourceContext& context) {
  const std::string_view bytes = buffer_.bytes();
  if (bytes.empty()) return false;
  run.rows.clear();
  run.offsets.clear();
  FaultsOfPartition faults(name_, bad_header_, kept_in_, context);
  const auto progress = decoder_->decode(bytes, buffer_.offset(), last, std::min(max_rows, base::kRunRows), run.rows,
                                         run.offsets, faults);
  buffer_.consume(progress.consumed);
  if (progress.rows > 0) context.emit_from(id_, run.rows.rows(progress.rows), run.offsets.data());
  return progress.consumed > 0;
}

}  // namespace penstock::operators
