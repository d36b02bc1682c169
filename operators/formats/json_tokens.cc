#include "operators/formats/json_tokens.h"

#include <bitset>

#include "operators/formats/number_text.h"

namespace penstock::operators {
namespace {

constexpr std::size_t kMostDepth = 256;
constexpr std::string_view kMarks = "{}[]:,";

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

}  // namespace

std::string_view JsonTokens::text_from(const char* begin) const {
  const char* end = at();
  while (end > begin && is_space(end[-1])) --end;
  return {begin, static_cast<std::size_t>(end - begin)};
}

bool JsonTokens::scalar_ends_at(const char* end) const {
  return end == line_end() || is_space(*end) || *end == ',' || *end == '}' || *end == ']';
}

RecordFault JsonTokens::expected(std::string_view what) const {
  const char* const here = at();
  std::string found = "the end of the line";
  if (here < line_end()) {
    std::size_t size = 1;
    while (kMarks.find(*here) == kMarks.npos && here + size < line_end() && size < 20 && !is_space(here[size]) &&
           kMarks.find(here[size]) == kMarks.npos) {
      ++size;
    }
    const std::string_view rest(here, static_cast<std::size_t>(line_end() - here));
    found = excerpt(rest.substr(0, whole_characters(rest, size)));
  }
  return {fault_code::kBadJson, "expected " + std::string(what) + ", found " + found + " at byte " +
                                    std::to_string(here - line_.data() + 1) + " of the line"};
}

bool JsonTokens::skip_word(std::string_view word, RecordFault& fault) {
  const char* const begin = at();
  if (!std::string_view(begin, static_cast<std::size_t>(line_end() - begin)).starts_with(word) ||
      !scalar_ends_at(begin + word.size())) {
    fault = expected("a JSON value");
    return false;
  }
  advance();
  return true;
}

bool JsonTokens::skip_scalar(record::TextArena& arena, RecordFault& fault) {
  switch (peek()) {
    case 't':
      return skip_word("true", fault);
    case 'f':
      return skip_word("false", fault);
    case 'n':
      return skip_word("null", fault);
    case '"':
      if (take_text(arena)) return true;
      fault = {fault_code::kBadJson,
               "a string holds a bad escape before byte " + std::to_string(at() - line_.data() + 1) + " of the line"};
      return false;
    default:
      break;
  }
  double ignored = 0;
  const char* end = at();
  // A number too large for any type is still a number, and nobody reads this one.
  if (parse_float(end, line_end(), NumberGrammar::kJson, ignored) == NumberResult::kNotANumber ||
      !scalar_ends_at(end)) {
    fault = expected("a JSON value");
    return false;
  }
  advance();
  return true;
}

bool JsonTokens::skip_value(record::TextArena& arena, RecordFault& fault) {
  enum class Place : std::uint8_t { kValue, kName, kBehindValue };
  std::bitset<kMostDepth + 1> is_object;
  std::size_t depth = 0;
  const auto fail = [&](std::string_view what) {
    fault = expected(what);
    return false;
  };
  for (Place place = Place::kValue;;) {
    if (place == Place::kName) {
      if (peek() != '"') return fail("a field name");
      if (!skip_scalar(arena, fault)) return false;
      if (!take(':')) return fail(": behind a field name");
      place = Place::kValue;
    } else if (place == Place::kBehindValue) {
      if (depth == 0) return true;
      if (take(',')) {
        place = is_object[depth] ? Place::kName : Place::kValue;
      } else if (take(is_object[depth] ? '}' : ']')) {
        --depth;
      } else {
        return fail(is_object[depth] ? ", or }" : ", or ]");
      }
    } else if (const char open = peek(); open == '{' || open == '[') {
      if (depth == kMostDepth) return fail("at most 256 levels of JSON");
      advance();
      is_object[++depth] = open == '{';
      const bool empty = take(open == '{' ? '}' : ']');
      if (empty) --depth;
      place = empty ? Place::kBehindValue : open == '{' ? Place::kName : Place::kValue;
    } else {
      if (!skip_scalar(arena, fault)) return false;
      place = Place::kBehindValue;
    }
  }
}

}  // namespace penstock::operators
