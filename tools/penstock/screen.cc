#include "tools/penstock/screen.h"

#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "tools/penstock/text_table.h"

namespace penstock::tools {
namespace {

winsize size_of(int descriptor) {
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0) size = {};
  return size;
}

}  // namespace

std::size_t Screen::width() const {
  const auto columns = size_of(descriptor_).ws_col;
  return columns == 0 ? 80 : columns;
}

std::size_t Screen::height() const {
  const auto rows = size_of(descriptor_).ws_row;
  return rows == 0 ? 24 : rows;
}

/// Up to the block's first line and clear from there. A terminal that has become narrower since has folded longer
/// lines.
std::string Screen::erasing() const {
  if (drawn_.empty()) return {};
  const std::size_t columns = width();
  std::size_t lines = 0;
  for (const std::size_t drawn : drawn_) lines += std::max<std::size_t>(1, (drawn + columns - 1) / columns);
  return fmt::format("\r\x1b[{}A\x1b[J", std::min(lines, height() - 1));
}

void Screen::draw(const std::vector<std::string>& lines) {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::string text = erasing();
  drawn_.clear();
  const std::size_t columns = width();
  for (const std::string& line : lines) {
    const std::string cut = cut_to_width(line, columns - 1);
    drawn_.push_back(text_width(cut));
    text += cut + "\n";
  }
  put(text);
}

void Screen::write_above(std::string_view text) {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::string all = erasing();
  drawn_.clear();
  put(all.append(text));
}

void Screen::erase() {
  const std::lock_guard<std::mutex> lock(mutex_);
  const std::string text = erasing();
  drawn_.clear();
  put(text);
}

/// A terminal that has gone away is not the job's concern.
void Screen::put(const std::string& text) {
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t written = write(descriptor_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace penstock::tools
