/// Pratt parser: one object parses one text. The first syntax fault ends it, since what follows would be guesswork;
/// tokens that merely look foreign were repaired by the lexer, so their faults come together with later ones.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "topology/expression/syntax.h"
#include "topology/expression/token.h"

namespace penstock::topology {

class Parser {
 public:
  Parser(std::vector<Token> tokens, std::vector<ExprFault>& faults) : tokens_(std::move(tokens)), faults_(faults) {}
  SyntaxPtr parse_all();

 private:
  // parser.cc: operators.
  SyntaxPtr expression(int binding);
  SyntaxPtr prefix();
  SyntaxPtr infix(SyntaxPtr left, int binding);
  SyntaxPtr comparison(SyntaxPtr left, const std::string& word);
  SyntaxPtr between(SyntaxPtr left);
  SyntaxPtr in_list(SyntaxPtr left);
  SyntaxPtr is_null(SyntaxPtr left);
  int binding_of(const Token& token) const;

  // parser_primary.cc: what operators stand between.
  SyntaxPtr primary();
  SyntaxPtr literal();
  SyntaxPtr number(bool negative);
  SyntaxPtr timestamp_literal();
  SyntaxPtr parenthesized();
  SyntaxPtr list();
  SyntaxPtr name_or_call();
  SyntaxPtr call(SyntaxPtr node);
  SyntaxPtr call_filter(SyntaxPtr node);
  SyntaxPtr case_expression();
  SyntaxPtr cast();
  SyntaxPtr extract();
  std::optional<record::Type> type_name();
  bool arguments(Syntax& node, std::string_view closing, const Token& opening);

  const Token& here() const { return tokens_[at_]; }
  const Token& next() const { return tokens_[at_ + 1 < tokens_.size() ? at_ + 1 : at_]; }
  const Token& take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }
  bool accept(std::string_view symbol);
  bool accept_word(std::string_view word);
  bool close(std::string_view symbol, const Token& opening);  ///< Takes it or reports it missing.
  bool expect_word(std::string_view word, std::string_view after);
  SyntaxPtr fail(std::string code, std::string message, std::string hint);  ///< At here(). Returns nullptr.
  SyntaxPtr fail_at(TextSpan span, std::string code, std::string message, std::string hint);
  std::string found() const;  ///< The token here as it is named in messages.

  SyntaxPtr make(Syntax::Kind kind, const Token& token) const;
  SyntaxPtr finish(SyntaxPtr node, std::uint32_t begin);  ///< Sets span and height; nullptr when it is too high.
  std::uint32_t end_of_last() const { return at_ == 0 ? 0 : tokens_[at_ - 1].span.end; }

  std::vector<Token> tokens_;
  std::vector<ExprFault>& faults_;
  std::size_t at_ = 0;
  int nesting_ = 0;
};

}  // namespace penstock::topology
