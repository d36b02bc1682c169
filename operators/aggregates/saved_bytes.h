/// How values that own memory are written into a checkpoint and read from one: words of 8 bytes little-endian, text
/// with its length before it. Reading never goes beyond the bytes and never makes room for more than they can hold;
/// what does not fit is said once, at the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace penstock::operators {

class SavedWriter {
 public:
  explicit SavedWriter(std::string& out) : out_(out) {}
  void raw(const void* bytes, std::size_t size) { out_.append(static_cast<const char*>(bytes), size); }
  void text(std::string_view value) {
    word(value.size());
    out_ += value;
  }
  void word(std::uint64_t value) {
    for (int shift = 0; shift < 64; shift += 8) out_ += static_cast<char>(value >> shift & 0xff);
  }
  /// A cell of any type.
  template <class Cell>
  void cell(const Cell& value) {
    if constexpr (std::is_convertible_v<Cell, std::string_view>)
      text(value);
    else if constexpr (std::is_floating_point_v<Cell>)
      word(__builtin_bit_cast(std::uint64_t, value));
    else
      word(static_cast<std::uint64_t>(value));
  }

 private:
  std::string& out_;
};

class SavedReader {
 public:
  explicit SavedReader(std::string_view bytes) : bytes_(bytes) {}
  /// Nothing was missing so far.
  bool ok() const { return ok_; }
  /// Nothing was missing and nothing is left.
  bool done() const { return ok_ && bytes_.empty(); }
  std::size_t left() const { return bytes_.size(); }

  bool raw(void* into, std::size_t size) {
    const std::string_view bytes = take(size);
    if (ok_ && size > 0) std::memcpy(into, bytes.data(), size);
    return ok_;
  }
  std::string_view text() { return take(word()); }
  std::uint64_t word() {
    std::uint64_t value = 0;
    const std::string_view bytes = take(8);
    for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
    return value;
  }
  /// How many elements follow, of which each takes at least `bytes_each`.
  std::size_t count(std::size_t bytes_each) {
    const std::uint64_t wanted = word();
    if (wanted > bytes_.size() / bytes_each) ok_ = false;
    return ok_ ? static_cast<std::size_t>(wanted) : 0;
  }
  template <class Cell>
  Cell cell() {
    if constexpr (std::is_convertible_v<Cell, std::string_view>)
      return Cell(text());
    else if constexpr (std::is_floating_point_v<Cell>)
      return __builtin_bit_cast(Cell, word());
    else
      return static_cast<Cell>(word());
  }

 private:
  std::string_view take(std::uint64_t size) {
    if (size > bytes_.size()) ok_ = false;
    if (!ok_) return {};
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }

  std::string_view bytes_;
  bool ok_ = true;
};

}  // namespace penstock::operators
