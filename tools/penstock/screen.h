/// A block of lines at the bottom of a terminal that is redrawn in place; other text goes above it.
/// THREAD: any; every call locks. Nothing here is on the path of rows.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::tools {

class Screen {
 public:
  explicit Screen(int descriptor) : descriptor_(descriptor) {}
  ~Screen() { erase(); }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  std::size_t width() const;   ///< Columns now; 80 where the descriptor is no terminal.
  std::size_t height() const;  ///< Lines now; 24 where the descriptor is no terminal.

  /// Replaces the block. Lines longer than the width are cut, so that none wraps.
  void draw(const std::vector<std::string>& lines);
  void write_above(std::string_view text);  ///< Whole lines. The block is drawn again at the next draw().
  void erase();

 private:
  std::string erasing() const;
  void put(const std::string& text);

  const int descriptor_;
  std::mutex mutex_;
  std::vector<std::size_t> drawn_;  ///< Width of each line of the block on the terminal.
};

}  // namespace penstock::tools
