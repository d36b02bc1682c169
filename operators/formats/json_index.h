/// Where the tokens of some JSON text begin: simdjson's first stage alone, which also proves that the text is UTF-8 and
/// that every string is closed and free of raw control characters (newlines among them). So when a block of whole lines
/// passes, no line of it can disturb another. THREAD: the decoder's.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <memory>
#include <string_view>

namespace penstock::operators {

class JsonIndex {
 public:
  enum class Verdict : std::uint8_t { kGood, kBadUtf8, kBadString };
  /// `text` is at most 4 GiB. Replaces what was indexed before.
  Verdict index(std::string_view text);
  /// Ascending positions in the text of each { } [ ] : , outside strings, each opening quote and the first byte of
  /// each number, word and stray character. Two positions equal to the size of the text follow the last one.
  const std::uint32_t* tokens() const { return tokens_; }

 private:
  std::unique_ptr<simdjson::internal::dom_parser_implementation> stage_;
  std::size_t capacity_ = 0;
  const std::uint32_t* tokens_ = nullptr;
};

}  // namespace penstock::operators
