#include "topology/expression/parser.h"

#include <algorithm>

namespace penstock::topology {
namespace {

constexpr int kOr = 1, kAnd = 2, kNot = 3, kCompare = 4, kBitOr = 5, kBitAnd = 6, kShift = 7, kSum = 8, kProduct = 9,
              kUnary = 10;

int symbol_binding(std::string_view symbol) {
  if (symbol == "=" || symbol == "<>" || symbol == "<" || symbol == "<=" || symbol == ">" || symbol == ">=")
    return kCompare;
  if (symbol == "|") return kBitOr;
  if (symbol == "&") return kBitAnd;
  if (symbol == "<<" || symbol == ">>") return kShift;
  if (symbol == "+" || symbol == "-" || symbol == "||") return kSum;
  if (symbol == "*" || symbol == "/" || symbol == "%") return kProduct;
  return 0;
}

}  // namespace

SyntaxPtr Parser::parse_all() {
  if (here().kind == Token::Kind::kEnd) {
    return fail("empty_expression", "an expression is missing here", "write a field, a value or a calculation");
  }
  SyntaxPtr result = expression(0);
  if (result == nullptr || here().kind == Token::Kind::kEnd) return result;
  if (here().is(")")) return fail("missing_parenthesis", "this ')' closes nothing", "remove it or open it before");
  if (here().is_word("ilike")) return fail("unexpected_token", "there is no ilike", "write lower(x) like 'text%'");
  return fail("unexpected_token", "the expression should end before " + found(),
              here().kind == Token::Kind::kName ? "odd field names are written in double quotes, text in single quotes"
                                                : "is an operator missing?");
}

int Parser::binding_of(const Token& token) const {
  if (token.kind == Token::Kind::kSymbol) return symbol_binding(token.text);
  if (token.kind != Token::Kind::kName) return 0;
  if (token.is_word("or")) return kOr;
  if (token.is_word("and")) return kAnd;
  if (token.is_word("between") || token.is_word("in") || token.is_word("like") || token.is_word("is")) return kCompare;
  if (token.is_word("not")) {
    const Token& second = &token == &here() ? next() : token;
    return second.is_word("between") || second.is_word("in") || second.is_word("like") ? kCompare : 0;
  }
  return 0;
}

SyntaxPtr Parser::expression(int binding) {
  if (nesting_ >= kMaxNesting) {
    return fail("too_deep", "the expression is nested more than 64 levels deep",
                "compute a part of it in a `map` before");
  }
  ++nesting_;
  SyntaxPtr left = prefix();
  while (left != nullptr) {
    const int found_binding = binding_of(here());
    if (found_binding == 0 || found_binding <= binding) break;
    left = infix(std::move(left), found_binding);
  }
  --nesting_;
  return left;
}

SyntaxPtr Parser::prefix() {
  const Token& token = here();
  const bool minus = token.is("-");
  if (!minus && !token.is_word("not")) return token.is("+") ? (take(), expression(kUnary)) : primary();
  take();
  if (minus && (here().kind == Token::Kind::kInteger)) return number(true);
  SyntaxPtr node = make(minus ? Syntax::Kind::kCall : Syntax::Kind::kNot, token);
  node->name = "-";
  node->args.push_back(expression(minus ? kUnary - 1 : kNot - 1));
  if (node->args.back() == nullptr) return nullptr;
  return finish(std::move(node), token.span.begin);
}

SyntaxPtr Parser::infix(SyntaxPtr left, int binding) {
  if (binding == kCompare && here().kind == Token::Kind::kName) {
    const bool negated = accept_word("not");
    const std::uint32_t begin = left->span.begin;
    const Token& word = here();
    SyntaxPtr result = comparison(std::move(left), lower_case(word.text));
    if (result == nullptr || !negated) return result;
    SyntaxPtr node = make(Syntax::Kind::kNot, word);
    node->args.push_back(std::move(result));
    return finish(std::move(node), begin);
  }
  const Token& token = take();
  const auto kind = binding == kOr ? Syntax::Kind::kOr : binding == kAnd ? Syntax::Kind::kAnd : Syntax::Kind::kCall;
  SyntaxPtr right = expression(binding);
  if (right == nullptr) return nullptr;
  const std::uint32_t begin = left->span.begin;
  if (kind != Syntax::Kind::kCall && left->kind == kind && left->name_span.end != 0) {
    left->args.push_back(std::move(right));  // a and b and c is one node, however long.
    return finish(std::move(left), begin);
  }
  SyntaxPtr node = make(kind, token);
  node->name = token.text;
  node->args.push_back(std::move(left));
  node->args.push_back(std::move(right));
  return finish(std::move(node), begin);
}

SyntaxPtr Parser::comparison(SyntaxPtr left, const std::string& word) {
  if (word == "between") return between(std::move(left));
  if (word == "in") return in_list(std::move(left));
  if (word == "is") return is_null(std::move(left));
  const Token& token = take();
  SyntaxPtr node = make(Syntax::Kind::kCall, token);
  node->name = "like";
  const std::uint32_t begin = left->span.begin;
  node->args.push_back(std::move(left));
  node->args.push_back(expression(kCompare));
  if (node->args.back() == nullptr) return nullptr;
  return finish(std::move(node), begin);
}

SyntaxPtr Parser::between(SyntaxPtr left) {
  SyntaxPtr node = make(Syntax::Kind::kBetween, take());
  const std::uint32_t begin = left->span.begin;
  node->args.push_back(std::move(left));
  node->args.push_back(expression(kCompare));
  if (node->args.back() == nullptr || !expect_word("and", "between a")) return nullptr;
  node->args.push_back(expression(kCompare));
  if (node->args.back() == nullptr) return nullptr;
  return finish(std::move(node), begin);
}

SyntaxPtr Parser::in_list(SyntaxPtr left) {
  SyntaxPtr node = make(Syntax::Kind::kIn, take());
  const Token& opening = here();
  if (!opening.is("(") && !opening.is("[")) {
    return fail("unexpected_token", "`in` needs a list in parentheses, not " + found(), "write: x in ('a', 'b')");
  }
  take();
  const std::uint32_t begin = left->span.begin;
  node->args.push_back(std::move(left));
  if (!arguments(*node, opening.is("(") ? ")" : "]", opening)) return nullptr;
  if (node->args.size() == 1) {
    return fail_at({opening.span.begin, end_of_last()}, "empty_list", "the list of `in` is empty",
                   "write: x in (1, 2)");
  }
  return finish(std::move(node), begin);
}

SyntaxPtr Parser::is_null(SyntaxPtr left) {
  const Token& token = take();
  const bool negated = accept_word("not");
  if (!accept_word("null")) {
    return fail("unexpected_token", "`is` must be followed by `null` or `not null`, not " + found(),
                "use = to compare");
  }
  SyntaxPtr node = make(negated ? Syntax::Kind::kIsNotNull : Syntax::Kind::kIsNull, token);
  const std::uint32_t begin = left->span.begin;
  node->args.push_back(std::move(left));
  return finish(std::move(node), begin);
}

bool Parser::accept(std::string_view symbol) { return here().is(symbol) && (take(), true); }
bool Parser::accept_word(std::string_view word) { return here().is_word(word) && (take(), true); }

bool Parser::close(std::string_view symbol, const Token& opening) {
  if (accept(symbol)) return true;
  if (here().kind == Token::Kind::kEnd) {
    fail_at(opening.span, symbol == ")" ? "missing_parenthesis" : "missing_bracket",
            "this '" + opening.text + "' is never closed", "add '" + std::string(symbol) + "'");
  } else {
    fail("unexpected_token", "expected ',' or '" + std::string(symbol) + "' before " + found(),
         "is an operator or a closing '" + std::string(symbol) + "' missing?");
  }
  return false;
}

bool Parser::expect_word(std::string_view word, std::string_view after) {
  if (accept_word(word)) return true;
  fail("unexpected_token", "expected `" + std::string(word) + "` after `" + std::string(after) + "`, not " + found(),
       "");
  return false;
}

SyntaxPtr Parser::fail(std::string code, std::string message, std::string hint) {
  return fail_at(here().span, std::move(code), std::move(message), std::move(hint));
}

SyntaxPtr Parser::fail_at(TextSpan span, std::string code, std::string message, std::string hint) {
  faults_.push_back({std::move(code), std::move(message), std::move(hint), span});
  return nullptr;
}

std::string Parser::found() const {
  switch (here().kind) {
    case Token::Kind::kEnd:
      return "the end";
    case Token::Kind::kText:
      return "the text '" + here().text + "'";
    case Token::Kind::kQuotedName:
      return "\"" + here().text + "\"";
    default:
      return "'" + here().text + "'";
  }
}

SyntaxPtr Parser::make(Syntax::Kind kind, const Token& token) const {
  auto node = std::make_unique<Syntax>();
  node->kind = kind;
  node->span = node->name_span = token.span;
  return node;
}

SyntaxPtr Parser::finish(SyntaxPtr node, std::uint32_t begin) {
  node->span = {begin, end_of_last()};
  int height = node->operand != nullptr ? node->operand->height : 0;
  if (node->filter != nullptr) height = std::max(height, node->filter->height);
  for (const SyntaxPtr& arg : node->args) height = std::max(height, arg->height);
  node->height = height + 1;
  if (node->height <= kMaxHeight) return node;
  return fail_at(node->span, "too_deep", "the expression is more than 256 levels deep",
                 "compute a part of it in a `map` before");
}

SyntaxPtr parse(std::string_view text, std::vector<ExprFault>& faults) {
  if (text.size() > kMaxTextBytes) {
    faults.push_back(
        {"too_long", "an expression may have at most 32 KiB", "compute a part of it in a `map` before", {0, 1}});
    return nullptr;
  }
  std::vector<Token> tokens = tokenize(text, faults);
  return Parser(std::move(tokens), faults).parse_all();
}

}  // namespace penstock::topology
