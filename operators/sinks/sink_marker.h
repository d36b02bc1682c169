/// Which attempt of a task may publish, and up to which epoch it has: a small file beside the output, one for each task
/// and attempt. It needs no lock, so that a frozen process never holds up the one that replaces it:
///
/// - A new attempt makes its own marker and then renames those of lower ones to `.fenced`; whoever finds its own marker
///   gone is fenced. It looks *before* it publishes, and only files that were there when the fence came are in
///   question; the new attempt has taken those away or published them itself, and of two renames of one file one
///   succeeds.
/// - An attempt that comes late sees a higher marker and does not begin.
///
/// The file: two slots of 512 bytes, written in turn; each 8 bytes of magic, u32 version, u32 attempt, u32 tasks of the
/// node, u64 epoch, u32 CRC-32C of those before it, little-endian. The newer valid one counts, so that a write that was
/// cut short costs nothing. THREAD: the blocking thread, but for fence() and finish().
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "operators/sinks/output_file.h"
#include "operators/sinks/segment_names.h"

namespace penstock::operators {

/// Who publishes: task `task` of `count`, in attempt `attempt`.
struct Publisher {
  int task = 0;
  int count = 1;
  std::uint32_t attempt = 1;
};

/// The error of an attempt that has been replaced.
tl::unexpected<base::Error> fenced(const std::string& path);

/// What a marker says.
struct MarkerEntry {
  Publisher who;
  std::uint64_t epoch = 0;  ///< Everything up to here has been published.
};

class SinkMarker {
 public:
  /// Makes the marker of `who`, durably, and fences off every lower attempt of the tasks that now fall to it. Codes:
  /// fenced (a higher attempt is there), marker_damaged, file_write_failed, disk_full.
  static base::Result<std::unique_ptr<SinkMarker>> fence(FileOperations& operations, const SegmentNames& names,
                                                         Publisher who);
  ~SinkMarker();
  SinkMarker(const SinkMarker&) = delete;
  SinkMarker& operator=(const SinkMarker&) = delete;

  /// What all attempts of all tasks there have published, without touching anything. Codes: file_unreadable,
  /// marker_damaged.
  static base::Result<std::vector<MarkerEntry>> read_all(const SegmentNames& names);

  /// What the fenced attempts and this one had published.
  const std::vector<MarkerEntry>& known() const { return known_; }
  /// Whether what task `task` of attempt `attempt` had staged for `epoch` is known to be published.
  bool covers(int task, std::uint32_t attempt, std::uint64_t epoch) const;
  static bool covers(const std::vector<MarkerEntry>& known, int task, std::uint32_t attempt, std::uint64_t epoch);

  base::Result<void> check() const;                 ///< Code fenced: another attempt has taken over.
  base::Result<void> advance(std::uint64_t epoch);  ///< Durably.
  void forget_fenced();                             ///< What they knew is known here: their files go.
  void remove();                                    ///< Nobody will ask any more.

 private:
  SinkMarker(FileOperations& operations, std::string path, int descriptor, Publisher who)
      : operations_(operations), path_(std::move(path)), descriptor_(descriptor), who_(who) {}
  base::Result<void> take_over(const SegmentNames& names);
  base::Result<void> write_slot(std::uint64_t epoch);
  base::Result<void> learn(const std::string& path, int task);

  FileOperations& operations_;
  std::string path_;
  int descriptor_;
  Publisher who_;
  std::uint64_t writes_ = 0;
  std::vector<MarkerEntry> known_;
  std::vector<std::string> fenced_;
};

}  // namespace penstock::operators
