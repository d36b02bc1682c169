#include "operators/formats/line_blocks.h"

#include <cstring>

#include "runtime/base/limits.h"

namespace penstock::operators {
namespace {

std::size_t line_end(std::string_view bytes) {
  const void* const newline = std::memchr(bytes.data(), '\n', bytes.size());
  return newline == nullptr ? 0 : static_cast<std::size_t>(static_cast<const char*>(newline) - bytes.data()) + 1;
}

}  // namespace

std::size_t byte_order_mark(std::string_view bytes, std::int64_t offset) {
  return offset == 0 && bytes.starts_with("\xEF\xBB\xBF") ? 3 : 0;
}

LineBlocks::Found LineBlocks::next(std::string_view bytes, std::size_t& at, std::int64_t offset, bool last,
                                   std::string_view& block) {
  if (at == 0) at = byte_order_mark(bytes, offset);
  if (skipping_) {
    const std::size_t end = line_end(bytes.substr(at));
    skipping_ = end == 0 && !last;
    at = end == 0 ? bytes.size() : at + end;
  }
  const std::string_view rest = bytes.substr(at);
  if (rest.empty()) return Found::kNone;
  const std::string_view window = rest.substr(0, kBlockBytes);
  const std::size_t newline = window.rfind('\n');
  if (newline == window.npos) return next_long(rest, at, last, block);
  block = window.substr(0, newline + 1);
  at += block.size();
  return Found::kBlock;
}

LineBlocks::Found LineBlocks::next_long(std::string_view rest, std::size_t& at, bool last, std::string_view& block) {
  std::size_t end = line_end(rest);
  const bool unterminated = end == 0;
  if (unterminated && !last && rest.size() <= base::kMaxLineBytes) return Found::kNone;
  if (unterminated) end = rest.size();
  at += end;
  block = rest.substr(0, end);
  if (without_line_end(block).size() <= base::kMaxLineBytes) return Found::kBlock;
  skipping_ = unterminated && !last;
  block = block.substr(0, kShownBytes);
  return Found::kTooLong;
}

}  // namespace penstock::operators
