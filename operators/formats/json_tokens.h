/// A walk over the tokens of one line of indexed JSON text, with the grammar of what is only passed over.
/// THREAD: the decoder's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "operators/formats/fault.h"
#include "operators/formats/json_text.h"
#include "runtime/record/column_buffer.h"

namespace penstock::operators {

class JsonTokens {
 public:
  /// Tokens of `text` (see JsonIndex) from `next`, up to where `line` (a part of text) ends. `escapes`: there may be
  /// backslashes in it.
  void start(std::string_view text, std::string_view line, const std::uint32_t* next, bool escapes) {
    base_ = text.data();
    line_ = line;
    next_ = next;
    escapes_ = escapes;
    end_ = static_cast<std::uint32_t>(line.data() + line.size() - base_);
  }
  const std::uint32_t* next() const { return next_; }

  /// First byte of the next token; a newline when the line has no more (which no token is).
  char peek() const { return *next_ < end_ ? base_[*next_] : '\n'; }
  const char* at() const { return *next_ < end_ ? base_ + *next_ : base_ + end_; }
  const char* line_end() const { return base_ + end_; }
  void advance() { ++next_; }
  bool take(char token) {
    if (peek() != token) return false;
    ++next_;
    return true;
  }

  /// The inside of the string at hand, as written; moves behind it.
  std::string_view take_string() {
    const char* const open = at();
    ++next_;
    const char* close = at() - 1;
    while (*close != '"') --close;  // Only white space lies between a string and the next token.
    return {open + 1, static_cast<std::size_t>(close - open - 1)};
  }
  /// What the string at hand says; moves behind it. nullopt: a bad escape.
  std::optional<std::string_view> take_text(record::TextArena& arena) {
    const std::string_view inside = take_string();
    return escapes_ ? unescape_json(inside, arena) : inside;
  }
  /// Passes over one value, checking its grammar. False: `fault` is set.
  bool skip_value(record::TextArena& arena, RecordFault& fault);
  /// The text from `begin` (the first byte of a token) to the next token, without white space at its end.
  std::string_view text_from(const char* begin) const;

  /// True when a number or word that ends at `end` is all there is up to the next token.
  bool scalar_ends_at(const char* end) const;
  /// bad_json: "expected <what>, found <what is there> at byte <n> of the line".
  RecordFault expected(std::string_view what) const;

 private:
  bool skip_scalar(record::TextArena& arena, RecordFault& fault);
  bool skip_word(std::string_view word, RecordFault& fault);

  const char* base_ = nullptr;
  const std::uint32_t* next_ = nullptr;
  std::uint32_t end_ = 0;
  std::string_view line_;
  bool escapes_ = true;
};

}  // namespace penstock::operators
