#include "runtime/expression/split.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace penstock::expression {
namespace {

/// One bit per byte of the 16 at `text` that is `separator`.
inline unsigned separators_in_16(const char* text, char separator) {
#if defined(__SSE2__)
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text));
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(separator))));
#else
  unsigned found = 0;
  for (unsigned i = 0; i < 16; ++i) found |= static_cast<unsigned>(text[i] == separator) << i;
  return found;
#endif
}

}  // namespace

void split_at_character(std::string_view line, char separator, ListBuilder<record::Text>& pieces) {
  constexpr std::size_t kBlock = 16;
  const char* begin = line.data();
  const char* const end = line.data() + line.size();
  for (std::size_t at = 0; at < line.size(); at += kBlock) {
    const std::size_t left = line.size() - at;
    char tail[kBlock];
    const char* block = line.data() + at;
    if (left < kBlock) {  // Nothing beyond the text is read.
      std::memset(tail, 0, kBlock);
      std::memcpy(tail, block, left);
      block = tail;
    }
    unsigned found = separators_in_16(block, separator);
    if (left < kBlock) found &= (1u << left) - 1;
    for (; found != 0; found &= found - 1) {
      const char* place = line.data() + at + __builtin_ctz(found);
      pieces.push({begin, static_cast<std::size_t>(place - begin)});
      begin = place + 1;
    }
  }
  pieces.push({begin, static_cast<std::size_t>(end - begin)});
}

void split_at_text(std::string_view line, std::string_view separator, ListBuilder<record::Text>& pieces) {
  while (true) {
    const std::size_t at = line.find(separator);
    pieces.push(line.substr(0, at));
    if (at == line.npos) return;
    line.remove_prefix(at + separator.size());
  }
}

}  // namespace penstock::expression
