#include "tools/penstock/run_watch.h"

#include <fmt/core.h>

#include "tools/penstock/text_table.h"

namespace penstock::tools {
namespace {

constexpr base::Micros kRedraw = 200'000;         ///< Five times a second on a terminal.
constexpr base::Micros kPlainRedraw = 1'000'000;  ///< Where every view stays in a log.
constexpr int kTickMs = 100;
constexpr base::Micros kTogether = 300'000;  ///< Signals that processes send so close to each other are one request.
constexpr base::Micros kStuckCheckpoint = 30'000'000;  ///< Writing a large one moves no row.
constexpr base::Micros kStuck =
    600'000;  ///< A stopping job that moves no row for so long waits for something that does not come.

std::uint64_t rows_moved(const worker::JobSnapshot& snapshot) {
  std::uint64_t rows = 0;
  for (const worker::NodeSnapshot& node : snapshot.nodes) rows += node.rows_in + node.rows_out;
  return rows;
}

}  // namespace

void RunWatch::until_ended() {
  on_tick();
  while (!wait_a_little()) on_tick();
  if (screen_ != nullptr && !terminal_) show();
  if (screen_ != nullptr && terminal_) screen_->erase();
}

/// True when the job has ended. Sleeps without waking where there is nothing to show and nothing to watch over.
bool RunWatch::wait_a_little() {
  const bool ticks = screen_ != nullptr || asked_ == Asked::kStop;
  if (job_.wait(signals_.descriptor(), ticks ? kTickMs : -1)) return true;
  while (const auto signal = signals_.take()) on_signal(*signal);
  return false;
}

/// `timeout` signals the group and then the process: both mean the same. Ctrl-C twice is always meant.
void RunWatch::on_signal(StopSignals::Signal signal) {
  const base::Micros now = base::steady_now();
  if (asked_ == Asked::kNothing) {
    asked_ = Asked::kStop;
    asked_at_ = now;
    progress_ = {rows_moved(job_.snapshot()), now};
    if (job_.keeps_state()) {
      say("taking a last checkpoint; Ctrl-C again to stop at once and go on from the one before\n");
      job_.request_suspend();
    } else {
      say("stopping; Ctrl-C again to stop at once\n");
      job_.request_stop();
    }
  } else if (asked_ == Asked::kStop && (signal.typed || now - asked_at_ >= kTogether)) {
    asked_ = Asked::kCancel;
    say(job_.keeps_state() ? "stopped at once; the same command goes on from the newest checkpoint\n"
                           : "stopped at once; what had not been published is lost\n");
    job_.request_cancel();
  }
}

void RunWatch::on_tick() {
  if (asked_ == Asked::kStop) cancel_when_stuck();
  const base::Micros every = terminal_ ? kRedraw : kPlainRedraw;
  if (screen_ == nullptr || base::steady_now() - shown_at_ < every) return;
  shown_at_ = base::steady_now();
  show();
}

/// Draining may take long where there is much to flush; it may not take for ever because a reader has stopped reading.
void RunWatch::cancel_when_stuck() {
  const std::uint64_t rows = rows_moved(job_.snapshot());
  const base::Micros now = base::steady_now();
  if (rows != progress_.rows) progress_ = {rows, now};
  if (now - progress_.at < (job_.keeps_state() ? kStuckCheckpoint : kStuck)) return;
  asked_ = Asked::kCancel;
  say("no row has moved since; stopped at once\n");
  job_.request_cancel();
}

void RunWatch::show() {
  view_.add(job_.snapshot());
  const std::vector<std::string> lines =
      view_.lines(screen_->width() - 1, terminal_ ? screen_->height() - 1 : kAnyWidth, base::wall_now());
  if (terminal_) return screen_->draw(lines);
  for (const std::string& line : lines) screen_->write_above(line + "\n");
}

void RunWatch::say(const char* text) {
  if (screen_ != nullptr) return screen_->write_above(text);
  fmt::print(stderr, "{}", text);
}

}  // namespace penstock::tools
