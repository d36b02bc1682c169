#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "runtime/base/time_text.h"
#include "topology/expression/token.h"

namespace penstock::topology {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80) != 0; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// Symbols that other languages have and this one has not: taken for what was meant, after saying so.
struct Foreign {
  std::string_view written;
  std::string_view meant;
  Token::Kind kind;
};
constexpr std::array<Foreign, 4> kForeign = {{{"==", "=", Token::Kind::kSymbol},
                                              {"&&", "and", Token::Kind::kName},
                                              {"!", "not", Token::Kind::kName},
                                              {"**", "*", Token::Kind::kSymbol}}};
constexpr std::array<std::string_view, 22> kSymbols = {"<=", ">=", "<>", "!=", "||", "<<", ">>", "=", "<", ">", "+",
                                                       "-",  "*",  "/",  "%",  "&",  "|",  "(",  ")", "[", "]", ","};

class Lexer {
 public:
  Lexer(std::string_view text, std::vector<ExprFault>& faults) : text_(text), faults_(faults) {}

  std::vector<Token> run() {
    while (true) {
      while (at_ < text_.size() && is_space(text_[at_])) ++at_;
      if (at_ == text_.size()) break;
      begin_ = at_;
      read_token();
    }
    begin_ = at_;
    add(Token::Kind::kEnd, "");
    return std::move(tokens_);
  }

 private:
  void read_token() {
    const char c = text_[at_];
    if (is_digit(c) || (c == '.' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]))) return read_number();
    if (is_letter(c)) return read_name();
    if (c == '\'') return read_quoted('\'', Token::Kind::kText);
    if (c == '"') return read_quoted('"', Token::Kind::kQuotedName);
    read_symbol();
  }

  void read_name() {
    while (at_ < text_.size() && (is_letter(text_[at_]) || is_digit(text_[at_]))) ++at_;
    add(Token::Kind::kName, std::string(text_.substr(begin_, at_ - begin_)));
  }

  /// A doubled quote inside stands for itself, as in SQL.
  void read_quoted(char quote, Token::Kind kind) {
    std::string value;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] != quote) {
        value += text_[at_];
      } else if (at_ + 1 < text_.size() && text_[at_ + 1] == quote) {
        value += quote;
        ++at_;
      } else {
        ++at_;
        return add(kind, std::move(value));
      }
    }
    const bool text = kind == Token::Kind::kText;
    fault(text ? "unterminated_text" : "unterminated_name",
          text ? "this text has no end" : "this field name has no end",
          std::string("close it with ") + quote + "; inside it, write " + quote + " as " + quote + quote);
    add(kind, std::move(value));
  }

  void read_number() {
    if (text_[at_] == '0' && at_ + 1 < text_.size() && (text_[at_ + 1] | 0x20) == 'x') return read_hex();
    bool real = false;
    while (at_ < text_.size() && (is_digit(text_[at_]) || text_[at_] == '.' || at_exponent())) {
      if (!is_digit(text_[at_])) real = true;
      if ((text_[at_] | 0x20) == 'e') ++at_;  // The sign or digit behind it.
      ++at_;
    }
    const std::size_t digits_end = at_;
    while (at_ < text_.size() && (is_letter(text_[at_]) || is_digit(text_[at_]))) ++at_;
    if (at_ > digits_end) return read_duration();
    real ? read_real() : read_integer(begin_, 10);
  }

  bool at_exponent() const {
    if ((text_[at_] | 0x20) != 'e' || at_ + 1 >= text_.size()) return false;
    const char next = text_[at_ + 1];
    return is_digit(next) || ((next == '-' || next == '+') && at_ + 2 < text_.size() && is_digit(text_[at_ + 2]));
  }

  void read_hex() {
    at_ += 2;
    while (at_ < text_.size() && (is_digit(text_[at_]) || is_letter(text_[at_]))) ++at_;
    read_integer(begin_ + 2, 16);
  }

  void read_integer(std::size_t from, int base) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text_.data() + from, text_.data() + at_, value, base);
    if (error == std::errc::result_out_of_range || (base == 16 && value > INT64_MAX)) {
      fault("number_out_of_range", "this number does not fit an int64",
            "write it as a float64, e.g. with .0 at its end");
      value = 0;
    } else if (error != std::errc() || end != text_.data() + at_) {
      fault("bad_number", "this is not a number", "hexadecimal digits are 0-9 and a-f");
    }
    add(Token::Kind::kInteger, std::string(text_.substr(begin_, at_ - begin_)));
    tokens_.back().integer = value;
  }

  void read_real() {
    double value = 0;
    const auto [end, error] = std::from_chars(text_.data() + begin_, text_.data() + at_, value);
    if (error == std::errc::result_out_of_range || !std::isfinite(value)) {
      fault("number_out_of_range", "this number does not fit a float64", "");
      value = 0;
    } else if (error != std::errc() || end != text_.data() + at_) {
      fault("bad_number", "this is not a number", "write it like 12, 1.5 or 1.5e3");
    }
    add(Token::Kind::kFloat, std::string(text_.substr(begin_, at_ - begin_)));
    tokens_.back().real = value;
  }

  void read_duration() {
    const std::string_view written = text_.substr(begin_, at_ - begin_);
    const auto duration = base::parse_duration(written);
    if (!duration) {
      fault("bad_duration", "'" + std::string(written) + "' is neither a number nor a duration",
            "durations are written like 500ms, 10s, 5m, 1h, 7d or 1h30m");
    }
    add(Token::Kind::kDuration, std::string(written));
    tokens_.back().integer = static_cast<std::uint64_t>(duration.value_or(0));
  }

  void read_symbol() {
    const std::string_view rest = text_.substr(at_);
    for (const std::string_view symbol : kSymbols) {
      if (!rest.starts_with(symbol) || rest.starts_with("==") || rest.starts_with("&&") || rest.starts_with("**"))
        continue;
      at_ += symbol.size();
      return add(Token::Kind::kSymbol, symbol == "!=" ? "<>" : std::string(symbol));
    }
    for (const Foreign& foreign : kForeign) {
      if (!rest.starts_with(foreign.written)) continue;
      at_ += foreign.written.size();
      fault("unknown_operator", "there is no operator '" + std::string(foreign.written) + "'",
            foreign.written == "**" ? "write power(a, b)" : "write '" + std::string(foreign.meant) + "'");
      return add(foreign.kind, std::string(foreign.meant));
    }
    ++at_;
    if (rest[0] == '.') return add(Token::Kind::kSymbol, ".");
    fault("unexpected_character", "'" + std::string(rest.substr(0, 1)) + "' cannot stand in an expression",
          rest[0] == '`' ? "odd field names are written in double quotes" : "text is written in single quotes");
  }

  void add(Token::Kind kind, std::string text) { tokens_.push_back({kind, span(), std::move(text), 0, 0}); }
  void fault(std::string code, std::string message, std::string hint) {
    faults_.push_back({std::move(code), std::move(message), std::move(hint), span()});
  }
  TextSpan span() const { return {static_cast<std::uint32_t>(begin_), static_cast<std::uint32_t>(at_)}; }

  std::string_view text_;
  std::vector<ExprFault>& faults_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::size_t begin_ = 0;
};

}  // namespace

std::string lower_case(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  return result;
}

bool Token::is_word(std::string_view word) const { return kind == Kind::kName && lower_case(text) == word; }

std::vector<Token> tokenize(std::string_view text, std::vector<ExprFault>& faults) { return Lexer(text, faults).run(); }

}  // namespace penstock::topology
