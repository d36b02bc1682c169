/// What a task is working on, where it can still be read when its process is gone: marks lie in a file that is mapped
/// into memory (checkpoint/work_file.h), so that a few plain stores a run of rows are all it takes, and the kernel
/// keeps them whatever the process dies of. Plain bytes, zero at first. THREAD: the task's executor.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>

namespace penstock::base {

struct WorkMark {
  enum What : std::uint32_t {
    kNothing = 0,
    kReading = 1,  ///< Its source reads `partition`, behind the record at `first` (-1: not known).
    kRows = 2,     ///< The rows at `first` to `last` of `partition`; without one, rows that came from another task.
    kTime = 3,     ///< A watermark, a timer, a barrier, the end of its input.
  };
  static constexpr std::int64_t kUnknown = -1;
  static constexpr std::size_t kPartitionBytes = 192, kRowBytes = 772;

  std::uint32_t chain = 0, instance = 0;
  std::atomic<std::uint32_t> what{kNothing};  ///< ... it is on, or was on last.
  std::atomic<std::uint32_t> node{0};         ///< Position in the chain of the node that is at work.
  std::atomic<std::int64_t> first{kUnknown}, last{kUnknown};
  std::atomic<std::uint32_t> count{0};  ///< Rows.
  std::atomic<std::uint16_t> partition_size{0}, row_size{0};
  std::atomic<std::uint32_t> active{0};  ///< It has its turn: otherwise it cannot have ended the process.
  /// Of a source, where runs have one row each: its latest record from `partition`, and whether tasks may still be at
  /// work on what came of it.
  std::atomic<std::int64_t> read_to{kUnknown};
  std::atomic<std::uint32_t> on_its_way{0};
  char partition[kPartitionBytes] = {};
  char row[kRowBytes] = {};  ///< The row as text, where runs have one row each; cut short.

  void set(What now, std::int64_t from, std::int64_t to, std::uint32_t rows) {
    first.store(from, std::memory_order_relaxed);
    last.store(to, std::memory_order_relaxed);
    count.store(rows, std::memory_order_relaxed);
    row_size.store(0, std::memory_order_relaxed);
    what.store(now, std::memory_order_relaxed);
  }
  void set_partition(std::string_view name) {
    read_to.store(kUnknown, std::memory_order_relaxed);
    put(name.substr(0, kPartitionBytes), partition, partition_size);
  }
  void set_row(std::string_view text) { put(text.substr(0, kRowBytes), row, row_size); }

 private:
  static void put(std::string_view text, char* to, std::atomic<std::uint16_t>& size) {
    std::memcpy(to, text.data(), text.size());
    size.store(static_cast<std::uint16_t>(text.size()), std::memory_order_relaxed);
  }
};

/// The task has its turn while this lives.
class Turn {
 public:
  explicit Turn(WorkMark& mark) : mark_(mark) { mark_.active.store(1, std::memory_order_relaxed); }
  ~Turn() { mark_.active.store(0, std::memory_order_relaxed); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  WorkMark& mark_;
};

/// The node at work while this lives, and what was before afterwards.
class AtWork {
 public:
  AtWork(WorkMark& mark, std::size_t node) : mark_(mark), before_(mark.node.load(std::memory_order_relaxed)) {
    mark_.node.store(static_cast<std::uint32_t>(node), std::memory_order_relaxed);
  }
  ~AtWork() { mark_.node.store(before_, std::memory_order_relaxed); }
  AtWork(const AtWork&) = delete;
  AtWork& operator=(const AtWork&) = delete;

 private:
  WorkMark& mark_;
  const std::uint32_t before_;
};

}  // namespace penstock::base
