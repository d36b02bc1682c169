#include "operators/sources/descriptor_reader.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace penstock::operators {
namespace {
constexpr std::size_t kReadBytes = 64 << 10;
}

api::Step DescriptorReader::read(std::uint32_t max_rows, RunBuffer& run, api::SourceContext& context) {
  if (!at_end_) {
    if (reader_->decode(max_rows, false, run, context)) return api::Step::kProgress;
    const Fill fill = this->fill(context);
    if (fill == Fill::kNothing) return api::Step::kIdle;
    if (fill == Fill::kMore) {
      reader_->decode(max_rows, false, run, context);
      return api::Step::kProgress;
    }
    at_end_ = true;
  }
  if (!broken_off_ && reader_->decode(max_rows, true, run, context)) return api::Step::kProgress;
  ended_ = true;
  journal_ = nullptr;  // It may be removed from now on.
  return api::Step::kDone;
}

DescriptorReader::Fill DescriptorReader::replay(api::SourceContext& context) {
  char* const room = reader_->buffer().room(kReadBytes);
  const auto got = journal_->read(room, kReadBytes);
  if (!got) {
    context.fail(got.error());
    return Fill::kNothing;
  }
  replayed_ = *got == 0;
  if (*got == 0) {
    broken_off_ = !journal_->has_end() && !is_live();
    return journal_->has_end() || broken_off_ ? Fill::kEnd : Fill::kMore;
  }
  reader_->buffer().filled(*got);
  return Fill::kMore;
}

DescriptorReader::Fill DescriptorReader::fill(api::SourceContext& context) {
  if (journal_ != nullptr && !replayed_) return replay(context);
  if (!is_live()) return Fill::kEnd;
  if (may_block_) {
    pollfd state{descriptor_, POLLIN, 0};
    if (poll(&state, 1, 0) <= 0) return Fill::kNothing;
  }
  char* const room = reader_->buffer().room(kReadBytes);
  const ssize_t got = ::read(descriptor_, room, kReadBytes);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return Fill::kNothing;
  error_ = got < 0 ? errno : 0;
  const std::size_t bytes = got > 0 ? static_cast<std::size_t>(got) : 0;
  if (journal_ != nullptr) {
    broken_off_ = error_ != 0;
    auto kept = bytes > 0 || broken_off_ ? journal_->append({room, bytes}) : journal_->append_end();
    if (!kept) {
      context.fail(kept.error());
      return Fill::kNothing;
    }
  }
  reader_->buffer().filled(bytes);
  return bytes > 0 ? Fill::kMore : Fill::kEnd;
}

}  // namespace penstock::operators
