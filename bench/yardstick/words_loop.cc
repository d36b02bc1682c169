#include <fcntl.h>
#include <unistd.h>
#include <xxhash.h>

#include <bit>
#include <cstddef>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "bench/harness/fnv.h"
#include "bench/yardstick/yardstick.h"

namespace penstock::bench {
namespace {

constexpr std::size_t kSlack = 16;  ///< Bytes behind a word that may be read (and, in the output, written).

/// Open addressing, linear probing, at most half full. The first 8 bytes of a word lie in its slot, so that a short
/// word (most are) needs no second look; longer ones lie one behind another in blocks that never move.
class WordTable {
 public:
  WordTable() : slots_(1 << 12) {}

  std::uint64_t count(const char* word, std::size_t size) {
    const std::uint64_t head = first_bytes(word, size);
    const std::uint64_t hash = size <= 8 ? mix(head + size) : mix(XXH3_64bits(word, size));
    for (std::size_t at = hash & (slots_.size() - 1);; at = (at + 1) & (slots_.size() - 1)) {
      Slot& slot = slots_[at];
      if (slot.size == 0) return insert(slot, head, word, size);
      if (slot.head == head && slot.size == size && (size <= 8 || std::memcmp(slot.text, word, size) == 0))
        return ++slot.count;
    }
  }

  template <class Visit>
  void each(const Visit& visit) const {
    for (const Slot& slot : slots_)
      if (slot.size != 0) visit(slot.word(), slot.count);
  }

  WordTable(const WordTable&) = delete;
  WordTable& operator=(const WordTable&) = delete;
  ~WordTable() {
    for (char* block : blocks_) delete[] block;
  }

 private:
  struct Slot {
    std::uint64_t head = 0;
    const char* text = nullptr;
    std::uint32_t size = 0;
    std::uint32_t count = 0;
    std::string_view word() const { return {size <= 8 ? reinterpret_cast<const char*>(&head) : text, size}; }
  };

  static std::uint64_t first_bytes(const char* word, std::size_t size) {
    std::uint64_t bytes;
    std::memcpy(&bytes, word, 8);
    return size >= 8 ? bytes : bytes & ((std::uint64_t{1} << (size * 8)) - 1);
  }
  static std::uint64_t mix(std::uint64_t bits) {
    bits *= 0x9E3779B97F4A7C15;
    return bits ^ (bits >> 32);
  }
  std::uint64_t insert(Slot& slot, std::uint64_t head, const char* word, std::size_t size) {
    slot = {head, size <= 8 ? nullptr : keep(word, size), static_cast<std::uint32_t>(size), 1};
    if (++used_ * 2 > slots_.size()) grow();
    return 1;
  }
  void grow() {
    std::vector<Slot> bigger(slots_.size() * 2);
    for (const Slot& slot : slots_) {
      if (slot.size == 0) continue;
      const std::uint64_t hash = slot.size <= 8 ? mix(slot.head + slot.size) : mix(XXH3_64bits(slot.text, slot.size));
      std::size_t at = hash & (bigger.size() - 1);
      while (bigger[at].size != 0) at = (at + 1) & (bigger.size() - 1);
      bigger[at] = slot;
    }
    slots_.swap(bigger);
  }
  const char* keep(const char* word, std::size_t size) {
    if (size > room_) {
      room_ = size > kBlockBytes ? size : kBlockBytes;
      blocks_.push_back(new char[room_]);
      free_ = blocks_.back();
    }
    char* at = free_;
    std::memcpy(at, word, size);
    free_ += size;
    room_ -= size;
    return at;
  }

  static constexpr std::size_t kBlockBytes = 64 << 10;
  std::vector<Slot> slots_;
  std::size_t used_ = 0;
  std::vector<char*> blocks_;
  char* free_ = nullptr;
  std::size_t room_ = 0;
};

/// Update rows (n, size, word) in a buffer that is used again and again. Its reader does with each row what the sink of
/// the engine's run does: the FNV sum and the sum of 2n - 1.
class UpdateRows {
 public:
  UpdateRows() : buffer_(kBytes) {}
  void write(const char* word, std::size_t size, std::uint64_t n) {
    if (used_ + kHead + size + kSlack > buffer_.size()) turn_over(size);
    char* at = buffer_.data() + used_;
    std::memcpy(at, &n, sizeof n);
    std::memcpy(at + sizeof n, &size, sizeof size);
    std::memcpy(at + kHead, word, kSlack);  // Nearly always the whole word, without a call.
    if (size > kSlack) std::memcpy(at + kHead, word, size);
    used_ += kHead + size;
  }
  /// Reads all rows and makes room for a row with a word of `size` bytes.
  void turn_over(std::size_t size) {
    for (std::size_t at = 0; at < used_;) {
      std::uint64_t n;
      std::size_t length;
      std::memcpy(&n, buffer_.data() + at, sizeof n);
      std::memcpy(&length, buffer_.data() + at + sizeof n, sizeof length);
      hashes += fnv1a({buffer_.data() + at + kHead, length});
      squares += 2 * n - 1;
      at += kHead + length;
    }
    used_ = 0;
    if (kHead + size + kSlack > buffer_.size()) buffer_.resize(kHead + size + kSlack);
  }
  std::uint64_t hashes = 0;
  std::uint64_t squares = 0;

 private:
  static constexpr std::size_t kHead = sizeof(std::uint64_t) + sizeof(std::size_t);
  static constexpr std::size_t kBytes = 64 << 10;
  std::vector<char> buffer_;
  std::size_t used_ = 0;
};

bool is_break(char c) { return c == ' ' || c == '\n'; }

class WordCounter {
 public:
  /// Counts the words of `text`; returns how many bytes were used up: a word at the very end may go on. kSlack bytes
  /// behind it are readable.
  std::size_t take(const char* text, std::size_t size) {
    std::size_t begin = 0;
    std::size_t at = 0;
#ifdef __SSE2__
    const __m128i blank = _mm_set1_epi8(' ');
    const __m128i line_end = _mm_set1_epi8('\n');
    for (; at + 16 <= size; at += 16) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text + at));
      const __m128i breaks = _mm_or_si128(_mm_cmpeq_epi8(bytes, blank), _mm_cmpeq_epi8(bytes, line_end));
      for (auto mask = static_cast<unsigned>(_mm_movemask_epi8(breaks)); mask != 0; mask &= mask - 1) {
        const std::size_t end = at + static_cast<std::size_t>(std::countr_zero(mask));
        word(text + begin, end - begin);
        begin = end + 1;
      }
    }
#endif
    for (; at < size; ++at) {
      if (!is_break(text[at])) continue;
      word(text + begin, at - begin);
      begin = at + 1;
    }
    return begin;
  }
  void word(const char* text, std::size_t size) {
    if (size == 0) return;
    ++words_;
    rows_.write(text, size, table_.count(text, size));
  }
  /// nullopt: what the rows said and what the table holds differ.
  std::optional<WordSums> sums() {
    rows_.turn_over(0);
    WordSums sums{words_, 0, 0};
    table_.each([&](std::string_view text, std::uint64_t n) {
      sums.checksum += n * fnv1a(text);
      sums.squares += n * n;
    });
    if (sums.checksum != rows_.hashes || sums.squares != rows_.squares) return std::nullopt;
    return sums;
  }

 private:
  WordTable table_;
  UpdateRows rows_;
  std::uint64_t words_ = 0;
};

}  // namespace

WordSums words_loop(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return {};
  WordCounter counter;
  std::vector<char> buffer((256 << 10) + kSlack);
  std::size_t held = 0;  // Bytes of a word that has not ended yet.
  for (;;) {
    if (held + kSlack == buffer.size()) buffer.resize(buffer.size() * 2);
    const ssize_t got = read(file, buffer.data() + held, buffer.size() - kSlack - held);
    if (got <= 0) break;
    const std::size_t size = held + static_cast<std::size_t>(got);
    const std::size_t used = counter.take(buffer.data(), size);
    held = size - used;
    std::memmove(buffer.data(), buffer.data() + used, held);
  }
  counter.word(buffer.data(), held);
  close(file);
  return counter.sums().value_or(WordSums{});
}

}  // namespace penstock::bench
