/// The text of a topology file and places in it. Places are bytes; people are shown lines and columns in characters.
/// Pure; borrows the text. THREAD: any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace penstock::topology {

struct Place {  ///< Bytes [begin, end) of the file's text.
  std::size_t begin = 0;
  std::size_t end = 0;
};

constexpr std::size_t kMaxFileBytes = 1 << 20;

class SourceText {
 public:
  /// A byte order mark at the start is not part of the text.
  explicit SourceText(std::string_view text);

  struct Position {
    int line = 1;    ///< From 1.
    int column = 1;  ///< From 1, in characters.
  };
  Position position(std::size_t byte) const;
  int line_at(std::size_t byte) const;  ///< Cheap on long lines, which position() is not.
  /// Characters between two bytes of the same line.
  int characters(std::size_t begin, std::size_t end) const;
  /// A line (from 1) without its break; empty past the end.
  std::string_view line(int number) const;
  int lines() const { return static_cast<int>(line_starts_.size()); }
  std::size_t line_start(int number) const { return line_starts_[static_cast<std::size_t>(number) - 1]; }
  std::string_view text() const { return text_; }
  std::string_view at(Place place) const;

 private:
  std::string_view text_;
  std::vector<std::size_t> line_starts_;
};

/// Byte of the first fault in UTF-8, or npos.
std::size_t first_invalid_utf8(std::string_view text);

}  // namespace penstock::topology
