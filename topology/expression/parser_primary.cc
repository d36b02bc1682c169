#include <array>

#include "runtime/base/time_fraction.h"
#include "topology/expression/parser.h"

namespace penstock::topology {
namespace {

using record::Kind;

constexpr std::array<std::string_view, 13> kReserved = {"and",  "or",   "not",  "in",   "is",  "like", "between",
                                                        "case", "when", "then", "else", "end", "null"};

bool is_reserved(const Token& token) {
  if (token.kind != Token::Kind::kName) return false;
  const std::string word = lower_case(token.text);
  for (const std::string_view reserved : kReserved)
    if (word == reserved) return true;
  return false;
}

struct TypeName {
  std::string_view name;
  Kind kind;
};
constexpr std::array<TypeName, 7> kTypes = {{{"bool", Kind::kBool},
                                             {"int64", Kind::kInt64},
                                             {"float64", Kind::kFloat64},
                                             {"string", Kind::kString},
                                             {"bytes", Kind::kBytes},
                                             {"timestamp", Kind::kTimestamp},
                                             {"duration", Kind::kDuration}}};

/// What the types of other languages are called here.
std::string_view type_meant(const std::string& word) {
  if (word == "int" || word == "integer" || word == "bigint" || word == "long" || word == "int32") return "int64";
  if (word == "double" || word == "float" || word == "real" || word == "number") return "float64";
  if (word == "text" || word == "varchar" || word == "char") return "string";
  if (word == "boolean") return "bool";
  if (word == "date" || word == "datetime" || word == "time") return "timestamp";
  if (word == "interval") return "duration";
  return "";
}

SyntaxPtr with_literal(SyntaxPtr node, Kind kind, Scalar value) {
  node->type = {kind, Kind::kNull};
  node->literal = std::move(value);
  return node;
}

}  // namespace

SyntaxPtr Parser::primary() {
  const Token& token = here();
  if (token.is("(")) return parenthesized();
  if (token.is("[")) return list();
  switch (token.kind) {
    case Token::Kind::kInteger:
    case Token::Kind::kFloat:
    case Token::Kind::kDuration:
    case Token::Kind::kText:
      return literal();
    case Token::Kind::kQuotedName:
      return name_or_call();
    case Token::Kind::kName:
      break;
    default:
      return fail("expected_operand", "a field, a value or a function is missing before " + found(),
                  token.is("*") ? "`*` stands only in count(*)" : "");
  }
  if (token.is_word("case")) return case_expression();
  if (token.is_word("null") || token.is_word("true") || token.is_word("false")) return literal();
  if (is_reserved(token)) {
    return fail("expected_operand", "`" + token.text + "` is a word of the language and cannot stand here",
                "a field of this name is written \"" + token.text + "\"");
  }
  if (token.is_word("cast") && next().is("(")) return cast();
  if (token.is_word("extract") && next().is("(")) return extract();
  if (token.is_word("timestamp") && next().kind == Token::Kind::kText) return timestamp_literal();
  return name_or_call();
}

SyntaxPtr Parser::literal() {
  const Token& token = here();
  if (token.kind == Token::Kind::kInteger) return number(false);
  SyntaxPtr node = make(Syntax::Kind::kLiteral, take());
  switch (token.kind) {
    case Token::Kind::kFloat:
      return with_literal(std::move(node), Kind::kFloat64, token.real);
    case Token::Kind::kText:
      return with_literal(std::move(node), Kind::kString, token.text);
    case Token::Kind::kDuration:
      return with_literal(std::move(node), Kind::kDuration, static_cast<std::int64_t>(token.integer));
    default:
      break;
  }
  if (token.is_word("null")) return node;
  return with_literal(std::move(node), Kind::kBool, token.is_word("true"));
}

/// The sign belongs to the number, so that the least int64 can be written.
SyntaxPtr Parser::number(bool negative) {
  const std::uint32_t begin = negative ? tokens_[at_ - 1].span.begin : here().span.begin;
  const Token& token = take();
  const std::uint64_t limit = static_cast<std::uint64_t>(INT64_MAX) + (negative ? 1 : 0);
  if (token.integer > limit) {
    return fail_at(token.span, "number_out_of_range", "this number does not fit an int64",
                   "write it as a float64, e.g. with .0 at its end");
  }
  const std::uint64_t bits = negative ? 0 - token.integer : token.integer;
  SyntaxPtr node = make(Syntax::Kind::kLiteral, token);
  node->span.begin = begin;
  return with_literal(std::move(node), Kind::kInt64, static_cast<std::int64_t>(bits));
}

SyntaxPtr Parser::timestamp_literal() {
  const Token& word = take();
  const Token& text = take();
  const auto value = base::parse_timestamp(text.text);
  if (!value) {
    return fail_at(text.span, "bad_timestamp", "'" + text.text + "' is not a timestamp of the years 1900 to 2200",
                   base::is_finer_than_micros(text.text)
                       ? "write " + std::string(base::kFinerThanMicros)
                       : "write it like timestamp '2023-09-18T14:23:10Z' or timestamp '2012-01-01'");
  }
  SyntaxPtr node = make(Syntax::Kind::kLiteral, word);
  node->span.end = text.span.end;
  return with_literal(std::move(node), Kind::kTimestamp, *value);
}

SyntaxPtr Parser::parenthesized() {
  const Token& opening = take();
  SyntaxPtr inside = expression(0);
  if (inside == nullptr || !close(")", opening)) return nullptr;
  inside->span = {opening.span.begin, end_of_last()};
  if (inside->kind == Syntax::Kind::kAnd || inside->kind == Syntax::Kind::kOr)
    inside->name_span.end = 0;  // Do not merge.
  return inside;
}

SyntaxPtr Parser::list() {
  const Token& opening = take();
  SyntaxPtr node = make(Syntax::Kind::kList, opening);
  if (!arguments(*node, "]", opening)) return nullptr;
  return finish(std::move(node), opening.span.begin);
}

/// Comma-separated expressions up to and with `closing`.
bool Parser::arguments(Syntax& node, std::string_view closing, const Token& opening) {
  if (accept(closing)) return true;
  do {
    SyntaxPtr arg = expression(0);
    if (arg == nullptr) return false;
    node.args.push_back(std::move(arg));
  } while (accept(","));
  return close(closing, opening);
}

SyntaxPtr Parser::name_or_call() {
  const Token& token = take();
  SyntaxPtr node = make(Syntax::Kind::kName, token);
  node->name = token.text;
  node->quoted = token.kind == Token::Kind::kQuotedName;
  if (!node->quoted && here().is("(")) return call(std::move(node));
  if (!accept(".")) return node;
  if (here().kind != Token::Kind::kName && here().kind != Token::Kind::kQuotedName) {
    return fail("expected_operand", "a field name is missing after '" + token.text + ".'", "");
  }
  node->qualifier = std::move(node->name);
  node->name = take().text;
  node->name_span = {token.span.begin, end_of_last()};
  return finish(std::move(node), token.span.begin);
}

SyntaxPtr Parser::call(SyntaxPtr node) {
  const Token& opening = take();
  node->kind = Syntax::Kind::kCall;
  node->name = lower_case(node->name);
  const std::uint32_t begin = node->span.begin;
  if (here().is("*") && next().is(")")) {
    node->star = true;
    take();
    take();
  } else {
    node->distinct = here().is_word("distinct") && !next().is(")") && !next().is(",") && (take(), true);
    if (!arguments(*node, ")", opening)) return nullptr;
  }
  if (here().is_word("filter") && next().is("(")) return call_filter(std::move(node));
  return finish(std::move(node), begin);
}

SyntaxPtr Parser::call_filter(SyntaxPtr node) {
  take();
  const Token& opening = take();
  if (!expect_word("where", "filter (")) return nullptr;
  node->filter = expression(0);
  if (node->filter == nullptr || !close(")", opening)) return nullptr;
  const std::uint32_t begin = node->span.begin;
  return finish(std::move(node), begin);
}

SyntaxPtr Parser::case_expression() {
  const Token& token = take();
  SyntaxPtr node = make(Syntax::Kind::kCase, token);
  if (!here().is_word("when")) {
    node->operand = expression(0);
    if (node->operand == nullptr) return nullptr;
  }
  while (accept_word("when")) {
    node->args.push_back(expression(0));
    if (node->args.back() == nullptr || !expect_word("then", "when")) return nullptr;
    node->args.push_back(expression(0));
    if (node->args.back() == nullptr) return nullptr;
  }
  if (node->args.empty()) {
    return fail("unexpected_token", "`case` needs `when`, not " + found(),
                "write: case when a > 0 then 'x' else 'y' end");
  }
  if (accept_word("else")) {
    node->args.push_back(expression(0));
    if (node->args.back() == nullptr) return nullptr;
  }
  if (!accept_word("end")) {
    return fail("missing_end", "this `case` is not closed before " + found(), "a `case` closes with `end`");
  }
  return finish(std::move(node), token.span.begin);
}

SyntaxPtr Parser::cast() {
  const Token& token = take();
  const Token& opening = take();
  SyntaxPtr node = make(Syntax::Kind::kCast, token);
  node->args.push_back(expression(0));
  if (node->args.back() == nullptr || !expect_word("as", "cast(x")) return nullptr;
  const auto type = type_name();
  if (!type || !close(")", opening)) return nullptr;
  node->type = *type;
  return finish(std::move(node), token.span.begin);
}

std::optional<record::Type> Parser::type_name() {
  if (here().is("[")) {
    const Token& opening = take();
    const auto element = here().is("[") ? std::nullopt : type_name();
    if (!element) {
      if (here().is("[")) fail("unknown_type", "lists do not nest", "");
      return std::nullopt;
    }
    if (!close("]", opening)) return std::nullopt;
    return record::Type{Kind::kList, element->kind};
  }
  const std::string word = lower_case(here().text);
  for (const TypeName& type : kTypes) {
    if (here().kind != Token::Kind::kName || type.name != word) continue;
    take();
    return record::Type{type.kind, Kind::kNull};
  }
  const std::string_view meant = type_meant(word);
  fail("unknown_type", "there is no type " + found(),
       meant.empty() ? "types are bool, int64, float64, string, bytes, timestamp, duration, and lists such as [string]"
                     : "write " + std::string(meant));
  return std::nullopt;
}

/// extract(hour from t) is the call extract('hour', t).
SyntaxPtr Parser::extract() {
  const Token& token = take();
  const Token& opening = take();
  SyntaxPtr node = make(Syntax::Kind::kCall, token);
  node->name = "extract";
  if (here().kind != Token::Kind::kName && here().kind != Token::Kind::kText) {
    return fail("expected_operand", "a unit is missing before " + found(), "write: extract(hour from t)");
  }
  const Token& unit = take();
  node->args.push_back(with_literal(make(Syntax::Kind::kLiteral, unit), Kind::kString, lower_case(unit.text)));
  if (!accept(",") && !expect_word("from", "extract(" + unit.text)) return nullptr;
  node->args.push_back(expression(0));
  if (node->args.back() == nullptr || !close(")", opening)) return nullptr;
  return finish(std::move(node), token.span.begin);
}

}  // namespace penstock::topology
