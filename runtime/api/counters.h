/// What became of the rows of one node instance. Written by its executor alone, read by anyone (live view, report).
#pragma once

#include <atomic>
#include <cstdint>

namespace penstock::api {

class Counter {  ///< Single writer; readers see a recent value.
 public:
  void add(std::uint64_t n) { value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }
  std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// rows_in = passed + filtered + absorbed + late + errors + dropped. The engine counts rows_in and rows_out and errors
/// (through row_failed and input_failed); the operator counts the others, each input row exactly once. A source counts
/// nothing itself: the engine books rows_in and passed for what it emits.
struct Counters {
  Counter rows_in, rows_out, passed, filtered, absorbed, late, errors, dropped;
};

}  // namespace penstock::api
