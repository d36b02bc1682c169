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
    const Fill fill = this->fill();
    if (fill == Fill::kNothing) return api::Step::kIdle;
    if (fill == Fill::kMore) {
      reader_->decode(max_rows, false, run, context);
      return api::Step::kProgress;
    }
    at_end_ = true;
  }
  return reader_->decode(max_rows, true, run, context) ? api::Step::kProgress : api::Step::kDone;
}

DescriptorReader::Fill DescriptorReader::fill() {
  if (may_block_) {
    pollfd state{descriptor_, POLLIN, 0};
    if (poll(&state, 1, 0) <= 0) return Fill::kNothing;
  }
  char* const room = reader_->buffer().room(kReadBytes);
  const ssize_t got = ::read(descriptor_, room, kReadBytes);
  if (got > 0) {
    reader_->buffer().filled(static_cast<std::size_t>(got));
    return Fill::kMore;
  }
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return Fill::kNothing;
  error_ = got < 0 ? errno : 0;
  return Fill::kEnd;
}

}  // namespace penstock::operators
