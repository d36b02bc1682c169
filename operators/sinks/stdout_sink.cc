#include "operators/sinks/stdout_sink.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

namespace penstock::operators {
namespace {

constexpr std::size_t kBufferBytes = 64 << 10;
constexpr std::size_t kPieceBytes = 4096;  ///< What a pipe that is writable takes without blocking (PIPE_BUF).

/// Standard output is one for all sinks of the process, so rows of two sinks must not mix: who has written half of its
/// buffer has the turn until the rest is out.
std::atomic<const void*> g_turn{nullptr};

}  // namespace

StdoutSink::StdoutSink(RowText text, bool first_task, int descriptor, bool at_most_once)
    : text_(std::move(text)), kept_(at_most_once), first_task_(first_task), descriptor_(descriptor) {}

StdoutSink::~StdoutSink() { end_turn(); }

base::Result<void> StdoutSink::open(api::Context& context) {
  struct stat status {};
  if (fstat(descriptor_, &status) != 0) {
    return base::fail("stdout_closed", "standard output is closed", "", base::Origin::kEnvironment);
  }
  may_block_ = !S_ISREG(status.st_mode);
  if (first_task_ && context.restored() == nullptr) text_.header(buffer_);
  return {};
}

api::Step StdoutSink::write(const record::Rows& rows, api::Context& context) {
  text_.append(rows, kept_.in_use() ? kept_.segment() : buffer_, context.counters());
  return buffer_.size() >= kBufferBytes ? drain(context) : api::Step::kDone;
}

api::BlockingJob StdoutSink::stage(std::uint64_t epoch, api::SavedParts&, api::Context&) {
  kept_.close(epoch);
  return {};
}

api::BlockingJob StdoutSink::publish(std::uint64_t epoch, api::Context& context) {
  if (kept_.release(epoch, buffer_)) drain(context);  // What cannot be written now is when the reader has room.
  return {};
}

bool StdoutSink::take_turn() {
  const void* nobody = nullptr;
  return g_turn.compare_exchange_strong(nobody, this) || nobody == this;
}

void StdoutSink::end_turn() {
  const void* mine = this;
  g_turn.compare_exchange_strong(mine, nullptr);
}

bool StdoutSink::may_write() const {
  if (!may_block_) return true;
  pollfd state{descriptor_, POLLOUT, 0};
  return poll(&state, 1, 0) > 0;  // Also when the reader is gone: writing then says so.
}

api::Step StdoutSink::drain(api::Context& context) {
  if (buffer_.empty()) return api::Step::kDone;
  if (!take_turn()) return wait(context);
  while (written_ < buffer_.size()) {
    if (!may_write()) return wait(context);
    const std::size_t left = buffer_.size() - written_;
    const std::size_t piece = may_block_ ? std::min(left, kPieceBytes) : left;
    const ssize_t wrote = ::write(descriptor_, buffer_.data() + written_, piece);
    if (wrote >= 0) {
      written_ += static_cast<std::size_t>(wrote);
    } else if (errno == EAGAIN) {
      return wait(context);
    } else if (errno != EINTR) {
      return stop(context, errno);
    }
  }
  buffer_.clear();
  written_ = 0;
  end_turn();
  if (watching_) context.unwatch(descriptor_);
  watching_ = false;
  return api::Step::kDone;
}

api::Step StdoutSink::wait(api::Context& context) {
  if (!watching_) context.watch(descriptor_, true);
  watching_ = true;
  return api::Step::kBlocked;
}

api::Step StdoutSink::stop(api::Context& context, int error) {
  if (watching_) context.unwatch(descriptor_);
  watching_ = false;
  abort();
  if (error == EPIPE) {
    context.fail(
        {"consumer_closed", "the reader of standard output has closed it", base::Origin::kEnvironment, false, ""});
  } else {
    const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
    context.fail({full ? "disk_full" : "stdout_failed",
                  std::string("cannot write standard output: ") + std::strerror(error), base::Origin::kEnvironment,
                  false, "standard output"});
  }
  return api::Step::kDone;
}

void StdoutSink::abort() {
  buffer_.clear();
  kept_.clear();
  written_ = 0;
  end_turn();
}

base::Result<std::unique_ptr<api::Sink>> make_stdout_sink(const api::NodeSpec& spec) {
  auto text = RowText::make(spec);
  if (!text) return tl::unexpected(text.error());
  return std::make_unique<StdoutSink>(std::move(*text), spec.place.index == 0, STDOUT_FILENO,
                                      spec.node.delivery == topology::Delivery::kAtMostOnce);
}

}  // namespace penstock::operators
