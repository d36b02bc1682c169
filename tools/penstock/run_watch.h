/// Waits for a job's end while showing it and obeying Ctrl-C. THREAD: main.
#pragma once

#include <optional>

#include "tools/penstock/live_view.h"
#include "tools/penstock/screen.h"
#include "tools/penstock/stop_signals.h"
#include "tools/penstock/watched_job.h"

namespace penstock::tools {

class RunWatch {
 public:
  /// `screen`: nullptr when nothing is to be shown.
  RunWatch(WatchedJob& job, StopSignals& signals, LiveView& view, Screen* screen, bool terminal)
      : job_(job), signals_(signals), view_(view), screen_(screen), terminal_(terminal) {}

  void until_ended();
  bool cancelled() const { return asked_ == Asked::kCancel; }

 private:
  enum class Asked : unsigned char { kNothing, kStop, kCancel };
  /// What the job had done when it was last seen to get anywhere while stopping.
  struct Progress {
    std::uint64_t rows = 0;
    base::Micros at = 0;
  };

  bool wait_a_little();
  void on_signal(StopSignals::Signal signal);
  void on_tick();
  void show();
  void say(const char* text);
  void cancel_when_stuck();

  WatchedJob& job_;
  StopSignals& signals_;
  LiveView& view_;
  Screen* const screen_;
  const bool terminal_;
  Asked asked_ = Asked::kNothing;
  base::Micros asked_at_ = 0;
  Progress progress_;
  base::Micros shown_at_ = 0;
};

}  // namespace penstock::tools
