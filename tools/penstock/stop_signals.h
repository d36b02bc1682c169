/// SIGINT and SIGTERM as a descriptor to poll. THREAD: made by main before any other thread exists, so that all of them
/// inherit the blocked signals and only the poll loop sees one.
#pragma once

#include <optional>

namespace penstock::tools {

class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  int descriptor() const { return descriptor_; }
  bool within(int milliseconds);  ///< Waits so long; true at once when one comes. Does not take it.
  struct Signal {
    bool typed = false;  ///< By somebody at the terminal, not sent by a process.
  };
  std::optional<Signal> take();  ///< One that has come since the last call.

 private:
  int descriptor_;
};

}  // namespace penstock::tools
