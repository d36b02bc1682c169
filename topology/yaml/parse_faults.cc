#include "topology/yaml/parse_faults.h"

#include <algorithm>
#include <optional>
#include <vector>

namespace penstock::topology {
namespace {

/// A rough reading of the whole text, only to say which quote or bracket is to blame.
struct Brackets {
  std::vector<std::size_t> open;     ///< Never closed.
  std::optional<std::size_t> stray;  ///< Closes nothing.
  std::optional<std::size_t> unclosed_quote;
};

bool begins_value(std::string_view text, std::size_t at) {
  return at == 0 || std::string_view(" \t\n[{,").find(text[at - 1]) != std::string_view::npos;
}

/// The closing quote, or npos when the line (or the file, for a text that goes on) ends first.
std::size_t closing_quote(std::string_view text, std::size_t begin) {
  for (std::size_t i = begin + 1; i < text.size() && text[i] != '\n'; ++i) {
    if (text[begin] == '"' && text[i] == '\\')
      ++i;
    else if (text[i] == text[begin])
      return i;
  }
  return std::string_view::npos;
}

Brackets read_brackets(std::string_view text) {
  Brackets found;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c == '\'' || c == '"') && begins_value(text, i)) {
      const std::size_t close = closing_quote(text, i);
      if (close == std::string_view::npos && !found.unclosed_quote) found.unclosed_quote = i;
      i = close == std::string_view::npos ? text.find('\n', i) : close;
      if (i == std::string_view::npos) break;
    } else if (c == '#' && begins_value(text, i)) {
      i = text.find('\n', i);
      if (i == std::string_view::npos) break;
    } else if (c == '{' || c == '[') {
      found.open.push_back(i);
    } else if (c == '}' || c == ']') {
      if (found.open.empty() && !found.stray) found.stray = i;
      if (!found.open.empty()) found.open.pop_back();
    }
  }
  return found;
}

class SyntaxFault {
 public:
  SyntaxFault(const std::string& reason, std::size_t at, Report& report)
      : reason_(reason), report_(report), source_(report.source()) {
    at_ = std::min(at, source_.text().size());
    line_number_ = source_.position(at_).line;
    while (line_number_ > 1 && trimmed(line_number_).empty()) --line_number_;
    line_ = source_.line(line_number_);
    start_ = source_.line_start(line_number_);
  }

  void explain() {
    if (tab() || variable() || quote() || symbol() || comma() || blank() || text_after_quote() || bracket() ||
        colon() || indentation())
      return;
    say("yaml", {at_, at_ + 1}, "this is not well-formed YAML: " + reason_,
        "look at the quotes, brackets and indentation here");
  }

 private:
  std::string_view trimmed(int number) const {
    std::string_view text = source_.line(number);
    const std::size_t begin = text.find_first_not_of(" \t");
    return begin == std::string_view::npos ? std::string_view{} : text.substr(begin);
  }
  bool reason_has(std::string_view words) const { return reason_.find(words) != std::string::npos; }
  void say(std::string code, Place place, std::string message, std::string hint) {
    report_.error(std::move(code), place, std::move(message), std::move(hint));
  }
  Place in_line(std::size_t begin, std::size_t length) const { return {start_ + begin, start_ + begin + length}; }

  bool tab() {
    for (const int number : {line_number_, line_number_ - 1, line_number_ + 1}) {
      const std::string_view text = source_.line(number);
      const std::size_t at = text.find('\t');
      if (at == std::string_view::npos || text.find_first_not_of(" \t") < at) continue;
      const std::size_t begin = source_.line_start(number) + at;
      say("tab", {begin, begin + 1}, "a tab cannot indent YAML", "use blanks, two for each level");
      return true;
    }
    return false;
  }

  bool variable() {
    const std::size_t at = line_.find("${");
    if (at == std::string_view::npos || at == 0) return false;
    if (std::string_view(" {[,").find(line_[at - 1]) == std::string_view::npos) return false;
    const bool in_flow = line_.substr(0, at).find_first_of("{[") != std::string_view::npos;
    if (!in_flow) return false;
    const std::size_t close = std::min(line_.find('}', at), line_.size() - 1);
    const std::size_t end = std::min(line_.find_first_of(" ,}]", close + 1), line_.size());
    const std::size_t length = end - at;
    say("unquoted_variable", in_line(at, length), "inside { } and [ ] YAML reads the braces of a variable as its own",
        "quote it: \"" + std::string(line_.substr(at, length)) + "\"");
    return true;
  }

  bool quote() {
    if (!reason_has("EOF in scalar") && !reason_has("document indicator in scalar")) return false;
    return unclosed(read_brackets(source_.text()).unclosed_quote.value_or(at_));
  }

  bool unclosed(std::size_t at) {
    say("unclosed_quote", {at, at + 1}, "this quote is never closed", "close it, on the same line");
    return true;
  }

  bool symbol() {
    const bool alias = reason_has("alias") || reason_has("referenced anchor");
    const bool anchor = !alias && reason_has("anchor");
    if (!alias && !anchor && !reason_has("unknown token")) return false;
    const char wanted = alias ? '*' : '&';
    std::size_t at = line_.find_first_of(alias || anchor ? std::string_view(&wanted, 1) : std::string_view("@`%"));
    if (at == std::string_view::npos) at = at_ - start_;
    const std::string what = at < line_.size() ? std::string(1, line_[at]) : "this";
    say(alias    ? "alias"
        : anchor ? "anchor"
                 : "bad_character",
        in_line(at, 1),
        alias    ? "YAML reads '*' at the start of a value as an alias, and aliases are not part of this language"
        : anchor ? "YAML reads '&' at the start of a value as an anchor, and anchors are not part of this language"
                 : "a value cannot begin with " + what,
        "quote the whole value if it is meant as text or as an expression");
    return true;
  }

  /// A call with several arguments inside { } or [ ], not quoted.
  bool comma() {
    const std::size_t brace = line_.find_first_of("{[");
    if (brace == std::string_view::npos) return false;
    bool in_quotes = false;
    std::size_t open = std::string_view::npos;
    for (std::size_t i = brace; i < line_.size(); ++i) {
      if (line_[i] == '"') in_quotes = !in_quotes;
      if (in_quotes) continue;
      if (line_[i] == '(') open = i;
      if (line_[i] == ')') open = std::string_view::npos;
      if (line_[i] != ',' || open == std::string_view::npos) continue;
      const std::size_t begin = value_begin(open);
      const std::size_t close = line_.find(')', i);
      const std::size_t end = close == std::string_view::npos ? line_.size() : close + 1;
      say("unquoted_comma", in_line(begin, end - begin),
          "inside { } and [ ] YAML ends a value at a comma, so this is cut in two",
          "quote it: \"" + std::string(line_.substr(begin, end - begin)) + "\"");
      return true;
    }
    return false;
  }

  /// Where the value begins that holds column `at`: behind ": ", "{", "[" or ", ".
  std::size_t value_begin(std::size_t at) const {
    while (at > 0 && std::string_view("{[,").find(line_[at - 1]) == std::string_view::npos &&
           !(at > 1 && line_[at - 2] == ':' && line_[at - 1] == ' '))
      --at;
    while (at < line_.size() && line_[at] == ' ') ++at;
    return at;
  }

  bool blank() {
    for (const int number : {line_number_, line_number_ - 1}) {
      const std::string_view text = trimmed(number);
      const std::size_t colon = text.find(':');
      if (colon == std::string_view::npos || colon == 0 || colon + 1 >= text.size()) continue;
      const bool word =
          text.substr(0, colon).find_first_not_of("abcdefghijklmnopqrstuvwxyz_ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") ==
          std::string_view::npos;
      if (!word || text[colon + 1] == ' ') continue;
      const std::size_t begin = static_cast<std::size_t>(text.data() - source_.text().data());
      say("missing_blank", {begin, begin + text.size()}, "YAML needs a blank after the colon",
          "write '" + std::string(text.substr(0, colon)) + ": " + std::string(text.substr(colon + 1)) + "'");
      return true;
    }
    return false;
  }

  /// `filter: 'a' = b`: YAML takes 'a' for the whole value.
  bool text_after_quote() {
    for (const int number : {line_number_, line_number_ - 1}) {
      const std::string_view text = source_.line(number);
      for (std::size_t at = 0; (at = text.find(": ", at)) != std::string_view::npos; ++at) {
        const std::size_t begin = text.find_first_not_of(' ', at + 1);
        if (begin == std::string_view::npos || (text[begin] != '\'' && text[begin] != '"')) continue;
        const std::size_t offset = source_.line_start(number);
        const std::size_t close = closing_quote(source_.text(), offset + begin);
        if (close == std::string_view::npos) continue;
        const std::size_t next = text.find_first_not_of(' ', close + 1 - offset);
        if (next == std::string_view::npos || std::string_view(",}]#:").find(text[next]) != std::string_view::npos)
          continue;
        say("text_after_quote", {offset + begin, offset + text.size()},
            "YAML ends this value at its closing quote, and more follows",
            text[begin] == '\'' ? "put the whole value into double quotes" : "put the whole value into single quotes");
        return true;
      }
    }
    return false;
  }

  bool bracket() {
    const Brackets found = read_brackets(source_.text());
    if (found.unclosed_quote) return unclosed(*found.unclosed_quote);
    if (found.stray) {
      say("stray_bracket", {*found.stray, *found.stray + 1}, "this bracket closes nothing", "remove it, or open it");
      return true;
    }
    if (found.open.empty()) return false;
    const std::size_t at = found.open.back();
    say("unclosed_bracket", {at, at + 1}, "this bracket is never closed",
        std::string("close it with ") + (source_.text()[at] == '{' ? "}" : "]"));
    return true;
  }

  bool colon() {
    if (!reason_has("illegal map value")) return false;
    say("colon_in_value", {at_, at_ + 1}, "YAML does not expect a ':' here",
        "quote a value that has ': ' inside, and give every key a line of its own");
    return true;
  }

  bool indentation() {
    if (!reason_has("end of map not found") && !reason_has("end of sequence not found") &&
        !reason_has("illegal block entry"))
      return false;
    const std::size_t first = line_.find_first_not_of(' ');
    say("indentation", in_line(first == std::string_view::npos ? 0 : first, 1),
        "this line fits neither the level of the lines above it nor a deeper one",
        "give keys of the same level the same number of blanks");
    return true;
  }

  const std::string& reason_;
  Report& report_;
  const SourceText& source_;
  std::size_t at_ = 0;
  int line_number_ = 1;
  std::string_view line_;
  std::size_t start_ = 0;
};

}  // namespace

void report_syntax_error(const std::string& reason, std::size_t at, Report& report) {
  SyntaxFault(reason, at, report).explain();
}

}  // namespace penstock::topology
