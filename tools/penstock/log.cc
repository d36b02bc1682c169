#include "tools/penstock/log.h"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <mutex>

#include "tools/penstock/screen.h"

namespace penstock::tools {
namespace {

/// Writes where the process's messages go at the moment. A full or closed standard error loses log lines, nothing else.
class StandardErrorSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  void use(Screen* screen) {
    const std::lock_guard<std::mutex> lock(mutex_);
    screen_ = screen;
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    if (screen_ != nullptr) {
      screen_->write_above({line.data(), line.size()});
    } else if (write(STDERR_FILENO, line.data(), line.size()) < 0) {
      return;
    }
  }
  void flush_() override {}

 private:
  Screen* screen_ = nullptr;
};

const std::shared_ptr<StandardErrorSink>& sink() {
  static const auto instance = std::make_shared<StandardErrorSink>();
  return instance;
}

}  // namespace

void set_log(const std::string& level, LogFormat format) {
  auto logger = std::make_shared<spdlog::logger>("penstock", sink());
  logger->set_formatter(std::make_unique<LogLineFormatter>(format));
  logger->set_level(spdlog::level::from_str(level));
  spdlog::set_default_logger(std::move(logger));
}

LogAboveScreen::LogAboveScreen(Screen& screen) { sink()->use(&screen); }
LogAboveScreen::~LogAboveScreen() { sink()->use(nullptr); }

}  // namespace penstock::tools
