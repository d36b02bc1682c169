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
  if (is_live() && reader_->decode(max_rows, true, run, context)) return api::Step::kProgress;
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
  if (*got == 0) return is_live() ? Fill::kMore : Fill::kEnd;
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
  if (got > 0) {
    const auto bytes = static_cast<std::size_t>(got);
    if (journal_ != nullptr) {
      if (auto kept = journal_->append({room, bytes}); !kept) {
        context.fail(kept.error());
        return Fill::kNothing;
      }
    }
    reader_->buffer().filled(bytes);
    return Fill::kMore;
  }
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return Fill::kNothing;
  error_ = got < 0 ? errno : 0;
  return Fill::kEnd;
}

}  // namespace penstock::operators
