/// What the sinks of worker processes have seen, in memory that they share with the measuring process, and the pace at
/// which they are told to take rows. THREAD: a SinkTally is written by its sink's executor (rate apart); the measuring
/// process reads what is atomic at any time and the rest when the job is over.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "bench/harness/histogram.h"

namespace penstock::bench {

constexpr std::size_t kPhases = 3;

struct SinkTally {
  std::array<char, 16> name{};             ///< Of the sink's node; empty: none.
  std::atomic<double> rate{0};             ///< Rows a second that it takes; 0: as many as come.
  std::atomic<std::uint64_t> rows{0};      ///< Taken.
  std::uint64_t sum = 0;                   ///< Of the field `n`, where there is one.
  std::array<Histogram, kPhases> latency;  ///< From the field `due`, where there is one, by phase.
  /// Of the field `made` (when the source made the row), where there is one: rows by millisecond since `begin`.
  std::array<std::uint32_t, 30'000> made{};
};

struct TallyBoard {
  std::int64_t begin_us = 0;    ///< Wall time at which `made` starts to count.
  std::int64_t warm_up_us = 0;  ///< Rows due less than so long after the first one do not count as latency.
  std::atomic<std::uint32_t> phase{0};
  std::array<SinkTally, 2> sinks;

  SinkTally* find(std::string_view name) {
    for (SinkTally& sink : sinks)
      if (std::string_view(sink.name.data()) == name) return &sink;
    return nullptr;
  }
};

/// The measuring process's: made before the workers start, which find it by an environment variable.
class OwnTallyBoard {
 public:
  /// Up to two names of sinks.
  OwnTallyBoard(std::string_view first, std::string_view second = {});
  ~OwnTallyBoard();
  OwnTallyBoard(const OwnTallyBoard&) = delete;
  OwnTallyBoard& operator=(const OwnTallyBoard&) = delete;
  TallyBoard* operator->() { return board_; }
  TallyBoard& operator*() { return *board_; }

 private:
  int memory_ = -1;
  TallyBoard* board_ = nullptr;
};

/// In a worker process; nullptr: whoever started it keeps none.
TallyBoard* tally_board_of_parent();

}  // namespace penstock::bench
