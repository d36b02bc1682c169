#include "operators/formats/json_decoder.h"

#include <cstring>

#include "operators/formats/json_text.h"
#include "operators/formats/json_value.h"
#include "runtime/base/limits.h"

namespace penstock::operators {
namespace {

/// Equality of short texts without a call.
bool same_text(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  const auto eight_differ = [&](std::size_t at) {
    std::uint64_t left, right;
    std::memcpy(&left, a.data() + at, 8);
    std::memcpy(&right, b.data() + at, 8);
    return left != right;
  };
  std::size_t at = 0;
  for (; at + 8 <= a.size(); at += 8)
    if (eight_differ(at)) return false;
  if (a.size() >= 8) return !eight_differ(a.size() - 8);
  for (; at < a.size(); ++at)
    if (a[at] != b[at]) return false;
  return true;
}

}  // namespace

api::Decoder::Progress JsonDecoder::decode(std::string_view bytes, std::int64_t offset, bool last,
                                           std::uint32_t max_rows, record::RowsBuffer& out,
                                           std::vector<std::int64_t>& offsets, api::DecodeFaults& faults) {
  Progress progress;
  const bool goes_on = next_offset_ == offset && block_.data() == bytes.data() && block_.size() <= bytes.size();
  if (!goes_on) block_ = {};
  while (progress.rows < max_rows) {
    if (block_.empty()) {
      const bool more = open_block(bytes, progress.consumed, offset, last, faults);
      progress.consumed = static_cast<std::size_t>(whole_block_.data() - bytes.data());
      if (!more) break;
    }
    const std::string_view line = take_line();
    const std::string_view text = without_line_end(line);
    const std::int64_t line_offset = offset + static_cast<std::int64_t>(progress.consumed);
    progress.consumed += line.size();
    switch (decode_line(text, out)) {
      case Outcome::kRow:
        offsets.push_back(line_offset);
        ++progress.rows;
        break;
      case Outcome::kFault:
        faults.failed(line_offset, text, fault_.code, fault_.message);
        break;
      case Outcome::kBlank:
        break;
    }
  }
  next_offset_ = offset + static_cast<std::int64_t>(progress.consumed);
  if (block_.empty()) block_ = {};
  return progress;
}

/// False: nothing whole is left. Either way whole_block_ begins where the input that is used up ends.
bool JsonDecoder::open_block(std::string_view bytes, std::size_t at, std::int64_t offset, bool last,
                             api::DecodeFaults& faults) {
  for (;;) {
    const std::size_t before = at;
    const auto found = blocks_.next(bytes, at, offset, last, block_);
    if (found == LineBlocks::Found::kBlock) break;
    whole_block_ = bytes.substr(at, 0);
    if (found == LineBlocks::Found::kNone) {
      block_ = {};
      return false;
    }
    faults.failed(offset + static_cast<std::int64_t>(before), block_, fault_code::kLineTooLong, kTooLongMessage);
  }
  whole_block_ = block_;
  block_escapes_ = std::memchr(block_.data(), '\\', block_.size()) != nullptr;
  next_ = index_.index(block_) == JsonIndex::Verdict::kGood ? index_.tokens() : nullptr;
  return true;
}

std::string_view JsonDecoder::take_line() {
  const void* const newline = std::memchr(block_.data(), '\n', block_.size());
  const std::size_t size = newline == nullptr
                               ? block_.size()
                               : static_cast<std::size_t>(static_cast<const char*>(newline) - block_.data()) + 1;
  const std::string_view line = block_.substr(0, size);
  block_.remove_prefix(size);
  return line;
}

JsonDecoder::Outcome JsonDecoder::decode_line(std::string_view line, record::RowsBuffer& out) {
  const bool alone = next_ == nullptr;
  if (alone) {
    const auto verdict = index_.index(line);
    if (verdict == JsonIndex::Verdict::kBadUtf8) {
      fault_ = {fault_code::kBadUtf8, "the line is not valid UTF-8"};
      return Outcome::kFault;
    }
    if (verdict == JsonIndex::Verdict::kBadString) {
      fault_ = {fault_code::kBadJson, "a string is not closed, or holds a raw control character"};
      return Outcome::kFault;
    }
  }
  tokens_.start(alone ? line : whole_block_, line, alone ? index_.tokens() : next_, alone || block_escapes_);
  Outcome outcome = Outcome::kBlank;
  if (tokens_.peek() != '\n') {
    scratch_.start();
    outcome = read_members(out.arena()) && scratch_.commit(out, fault_) ? Outcome::kRow : Outcome::kFault;
    while (tokens_.peek() != '\n') tokens_.advance();
  }
  if (!alone) next_ = tokens_.next();
  return outcome;
}

bool JsonDecoder::bad(std::string_view expected) {
  fault_ = tokens_.expected(expected);
  return false;
}

bool JsonDecoder::read_members(record::TextArena& arena) {
  if (!tokens_.take('{')) return bad("{ (one JSON object a line)");
  if (!tokens_.take('}')) {
    std::size_t ordinal = 0;
    do {
      if (!read_member(ordinal++, arena)) return false;
    } while (tokens_.take(','));
    if (!tokens_.take('}')) return bad(", or }");
  }
  return tokens_.peek() == '\n' || bad("the end of the line (one JSON object a line)");
}

bool JsonDecoder::read_member(std::size_t ordinal, record::TextArena& arena) {
  if (tokens_.peek() != '"') return bad("a field name");
  std::string_view key = tokens_.take_string();
  int field = field_of(ordinal, key);
  if (field < 0 && key.find('\\') != key.npos) {
    const auto plain = unescape_json(key, arena);
    if (!plain) {
      fault_ = {fault_code::kBadJson, "the field name " + excerpt(key) + " holds a bad escape"};
      return false;
    }
    field = field_of(ordinal, *plain);
  }
  if (!tokens_.take(':')) return bad(": behind a field name");
  if (field < 0) return tokens_.skip_value(arena, fault_);
  const auto at = static_cast<std::size_t>(field);
  if (scratch_.has(at)) {
    fault_ = {fault_code::kBadJson, "the field '" + plan_[at].name + "' stands twice in this object"};
    return false;
  }
  const CellMark mark = JsonValue(tokens_, arena, scratch_.elements(), fault_).read(plan_[at], scratch_.value(at));
  scratch_.mark(at, mark);
  return mark != CellMark::kMissing;
}

int JsonDecoder::field_of(std::size_t ordinal, std::string_view key) {
  const bool guessed = ordinal < guesses_.size();
  if (guessed && guesses_[ordinal] >= 0 && same_text(plan_[static_cast<std::size_t>(guesses_[ordinal])].name, key)) {
    return guesses_[ordinal];
  }
  for (std::size_t i = 0; i < plan_.size(); ++i) {
    if (plan_[i].name != key) continue;
    if (guessed) guesses_[ordinal] = static_cast<int>(i);
    return static_cast<int>(i);
  }
  return -1;
}

}  // namespace penstock::operators
