/// Cuts a stretch of bytes into blocks of whole lines, small enough to stay in the cache. A line longer than a block is
/// a block of its own; one longer than base::kMaxLineBytes is skipped, however many stretches it covers. THREAD: the
/// decoder's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace penstock::operators {

class LineBlocks {
 public:
  enum class Found : std::uint8_t {
    kBlock,    ///< `block` holds whole lines, each with its newline but for an unterminated last one.
    kTooLong,  ///< `block` is the beginning of a line that is skipped.
    kNone,     ///< Nothing whole is left.
  };
  /// Looks for the next block from bytes[at]; moves `at` behind it. `offset`: of bytes[0] in the partition, whose first
  /// three bytes are skipped when they are a byte order mark. `last`: nothing follows, so an unterminated line is
  /// whole.
  Found next(std::string_view bytes, std::size_t& at, std::int64_t offset, bool last, std::string_view& block);

  /// Whether the place reached is in the midst of a line that is skipped.
  bool is_skipping() const { return skipping_; }
  void go_on_skipping() { skipping_ = true; }

  static constexpr std::size_t kBlockBytes = 32 << 10;
  static constexpr std::size_t kShownBytes = 1024;  ///< Of a line that is too long.

 private:
  Found next_long(std::string_view rest, std::size_t& at, bool last, std::string_view& block);
  bool skipping_ = false;
};

/// The line without its end (`\n` or `\r\n`).
inline std::string_view without_line_end(std::string_view line) {
  if (!line.empty() && line.back() == '\n') line.remove_suffix(1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

/// For faults of lines longer than base::kMaxLineBytes.
constexpr std::string_view kTooLongMessage = "the line is longer than 1 MiB; is this the right format?";

/// What a decoder of lines has to say of itself (api::Decoder::learnt).
inline std::string learnt_of(const LineBlocks& blocks) { return blocks.is_skipping() ? "skipping" : ""; }
inline bool resume_lines(LineBlocks& blocks, std::string_view learnt) {
  if (learnt == "skipping") blocks.go_on_skipping();
  return learnt.empty() || learnt == "skipping";
}

/// Size of the byte order mark at the start of a partition: 0 or 3.
std::size_t byte_order_mark(std::string_view bytes, std::int64_t offset);

}  // namespace penstock::operators
