#include <re2/re2.h>

#include <array>

#include "runtime/expression/kernels.h"
#include "runtime/expression/rowwise.h"
#include "runtime/expression/unicode.h"

namespace penstock::expression {
namespace {

using record::Text;

/// One character or escape of a `like` pattern.
struct PatternStep {
  enum Kind { kEnd, kAny, kOne, kLiteral } kind = kEnd;
  Text character;
  std::size_t bytes = 0;  ///< Of the pattern.
};

PatternStep step_at(Text pattern, std::size_t at) {
  if (at == pattern.size()) return {};
  if (pattern[at] == '%') return {PatternStep::kAny, {}, 1};
  if (pattern[at] == '_') return {PatternStep::kOne, {}, 1};
  const std::size_t escape = pattern[at] == '\\' && at + 1 < pattern.size() ? 1 : 0;
  const Text character = pattern.substr(at + escape, bytes_of(pattern.substr(at + escape), 1));
  return {PatternStep::kLiteral, character, escape + character.size()};
}

/// Greedy with one place to come back to, the latest %: linear for one %, product of the lengths at worst.
bool like_matches(Text text, Text pattern) {
  std::size_t at = 0, in = 0, retry_pattern = Text::npos, retry_text = 0;
  while (true) {
    const PatternStep step = step_at(pattern, in);
    if (step.kind == PatternStep::kAny) {
      retry_pattern = in += 1;
      retry_text = at;
      continue;
    }
    if (step.kind == PatternStep::kEnd && at == text.size()) return true;
    const std::size_t here = bytes_of(text.substr(at), 1);
    const bool fits = here > 0 && (step.kind == PatternStep::kOne ||
                                   (step.kind == PatternStep::kLiteral && text.substr(at, here) == step.character));
    if (fits) {
      at += here;
      in += step.bytes;
      continue;
    }
    if (retry_pattern == Text::npos || retry_text >= text.size()) return false;
    retry_text += bytes_of(text.substr(retry_text), 1);
    at = retry_text;
    in = retry_pattern;
  }
}

std::uint8_t like(Call&, std::uint8_t& out, const Text& text, const Text& pattern) {
  out = like_matches(text, pattern);
  return kValid;
}

struct PatternPrepared final : Prepared {
  PatternPrepared(const std::string& text, const RE2::Options& options) : pattern(text, options) {}
  RE2 pattern;
  int group = 0;
};

std::uint8_t regexp_like(Call& call, std::uint8_t& out, const Text& text, const Text&) {
  const RE2& pattern = call.instruction.as<PatternPrepared>().pattern;
  out = RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), pattern);
  return kValid;
}

std::uint8_t extract_match(Call& call, Text& out, const Text& text) {
  constexpr int kMostGroups = 64;
  const auto& prepared = call.instruction.as<PatternPrepared>();
  std::array<re2::StringPiece, kMostGroups + 1> groups;
  const re2::StringPiece in(text.data(), text.size());
  if (!prepared.pattern.Match(in, 0, text.size(), RE2::UNANCHORED, groups.data(), prepared.group + 1)) return kNull;
  const re2::StringPiece& group = groups[static_cast<std::size_t>(prepared.group)];
  if (group.data() == nullptr) return kNull;
  out = {group.data(), group.size()};
  return kValid;
}
std::uint8_t regexp_extract(Call& call, Text& out, const Text& text, const Text&) {
  return extract_match(call, out, text);
}
std::uint8_t regexp_extract_group(Call& call, Text& out, const Text& text, const Text&, std::int64_t) {
  return extract_match(call, out, text);
}

/// The checker has compiled the same text with the same result.
template <Instruction::Kernel K>
void choose_regexp(Instruction& instruction) {
  const Register& text = *instruction.args[1];
  if (!text.constant) return;
  RE2::Options options;
  options.set_log_errors(false);
  auto prepared = std::make_unique<PatternPrepared>(
      text.column.is_null(0) ? std::string() : std::string(text.in<Text>()[0]), options);
  if (instruction.args.size() == 3 && !instruction.args[2]->column.is_null(0)) {
    prepared->group = static_cast<int>(instruction.args[2]->in<std::int64_t>()[0]);
  }
  if (!prepared->pattern.ok() || prepared->group > 64) return;
  instruction.prepared = std::move(prepared);
  instruction.kernel = K;
}

constexpr KernelEntry kTable[] = {
    {"like", "string, string -> bool", use<Rowwise<like>::run>},
    {"regexp_like", "string, string -> bool", choose_regexp<Rowwise<regexp_like>::run>},
    {"regexp_extract", "string, string -> string?", choose_regexp<Rowwise<regexp_extract>::run>},
    {"regexp_extract", "string, string, int64 -> string?", choose_regexp<Rowwise<regexp_extract_group>::run>},
};

}  // namespace

std::span<const KernelEntry> pattern_kernels() { return kTable; }

}  // namespace penstock::expression
