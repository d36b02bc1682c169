#include "operators/formats/csv_records.h"

#include <cstring>

#include "operators/formats/line_blocks.h"
#include "runtime/base/limits.h"

namespace penstock::operators {
namespace {

std::size_t find(std::string_view text, char c) {
  const void* const at = text.empty() ? nullptr : std::memchr(text.data(), c, text.size());
  return at == nullptr ? text.npos : static_cast<std::size_t>(static_cast<const char*>(at) - text.data());
}

}  // namespace

CsvRecords::Found CsvRecords::next(std::string_view bytes, std::size_t& at, std::int64_t offset, bool last,
                                   record::TextArena& arena) {
  if (at == 0) at = byte_order_mark(bytes, offset);
  if (skipping_) {
    const std::size_t newline = find(bytes.substr(at), '\n');
    skipping_ = newline == bytes.npos && !last;
    at = newline == bytes.npos ? bytes.size() : at + newline + 1;
  }
  while (at < bytes.size()) {
    const std::string_view rest = bytes.substr(at);
    const bool is_empty = rest.front() == '\n' || rest.starts_with("\r\n") || (last && rest == "\r");
    if (!is_empty) return take(rest, at, last, arena);
    at += rest.starts_with("\r\n") ? 2 : 1;
    if (!empty_lines_are_records_) continue;
    text_ = rest.substr(0, 0);
    cells_.assign(1, {text_, false});
    return Found::kRecord;
  }
  return Found::kNone;
}

CsvRecords::Found CsvRecords::take(std::string_view rest, std::size_t& at, bool last, record::TextArena& arena) {
  cells_.clear();
  const std::size_t newline = find(rest, '\n');
  const std::string_view line = newline == rest.npos ? rest : rest.substr(0, newline + 1);
  if (find(line, '"') == line.npos) {
    const bool too_long = without_line_end(line).size() > base::kMaxLineBytes;
    if (too_long) return refuse(rest, at, last, {fault_code::kLineTooLong, std::string(kTooLongMessage)});
    if (newline == rest.npos && !last) return Found::kNone;
    split_plain(without_line_end(line));
    text_ = without_line_end(line);
    at += line.size();
    return Found::kRecord;
  }
  std::size_t size = 0;
  const Cut cut = split_quoted(rest.substr(0, base::kMaxLineBytes + 2), size, arena);
  const bool all_seen = last && rest.size() <= base::kMaxLineBytes + 2;
  const bool line_is_whole = newline != rest.npos || last || rest.size() > base::kMaxLineBytes;
  if (cut == Cut::kBroken) return line_is_whole ? refuse(rest, at, last, fault_) : Found::kNone;
  if (cut == Cut::kCut && !all_seen) {
    if (rest.size() <= base::kMaxLineBytes + 2) return Found::kNone;
    return refuse(rest, at, last,
                  {fault_code::kLineTooLong, "the record is longer than 1 MiB; is a quote not closed?"});
  }
  if (cut == Cut::kCut && !fault_.code.empty()) return refuse(rest, at, last, fault_);
  text_ = without_line_end(rest.substr(0, size));
  at += size;
  return Found::kRecord;
}

/// What begins at `rest` is no record: passes over its first line.
CsvRecords::Found CsvRecords::refuse(std::string_view rest, std::size_t& at, bool last, RecordFault fault) {
  const std::size_t newline = find(rest, '\n');
  const std::size_t size = newline == rest.npos ? rest.size() : newline + 1;
  skipping_ = newline == rest.npos && !last;
  fault_ = std::move(fault);
  text_ = without_line_end(rest.substr(0, size));
  if (text_.size() > base::kMaxLineBytes) text_ = text_.substr(0, LineBlocks::kShownBytes);
  at += size;
  return Found::kFault;
}

void CsvRecords::split_plain(std::string_view line) {
  for (;;) {
    const std::size_t end = find(line, delimiter_);
    if (end == line.npos) break;
    cells_.push_back({line.substr(0, end), false});
    line.remove_prefix(end + 1);
  }
  cells_.push_back({line, false});
}

/// Splits the record at the start of `rest`; `size` is what it takes with its line end. kCut: `rest` ends within it
/// (with fault_ set, within a quoted cell).
CsvRecords::Cut CsvRecords::split_quoted(std::string_view rest, std::size_t& size, record::TextArena& arena) {
  fault_ = {};
  for (std::size_t place = 0;;) {
    if (place < rest.size() && rest[place] == '"') {
      const Cut cut = take_quoted(rest, place, arena);
      if (cut != Cut::kWhole) return cut;
    } else {
      const std::size_t begin = place;
      while (place < rest.size() && rest[place] != delimiter_ && rest[place] != '\n') ++place;
      std::string_view text = rest.substr(begin, place - begin);
      if ((place == rest.size() || rest[place] == '\n') && text.ends_with('\r')) text.remove_suffix(1);
      cells_.push_back({text, false});
    }
    if (place < rest.size() && rest[place] == '\r') ++place;
    size = place;
    if (place == rest.size()) return Cut::kCut;
    size = ++place;
    if (rest[place - 1] == '\n') return Cut::kWhole;
  }
}

/// The quoted cell whose first quote is rest[place]; moves `place` to what ends it.
CsvRecords::Cut CsvRecords::take_quoted(std::string_view rest, std::size_t& place, record::TextArena& arena) {
  const std::size_t begin = ++place;
  bool doubled = false;
  for (;; place += 2, doubled = true) {
    const std::size_t quote = find(rest.substr(place), '"');
    if (quote == rest.npos) {
      fault_ = {fault_code::kBadCsv, "a quoted cell is not closed"};
      return Cut::kCut;
    }
    place += quote;
    if (place + 1 >= rest.size() || rest[place + 1] != '"') break;
  }
  std::string_view text = rest.substr(begin, place - begin);
  ++place;
  const bool ended = place == rest.size() || rest[place] == delimiter_ || rest[place] == '\n' ||
                     (rest[place] == '\r' && (place + 1 == rest.size() || rest[place + 1] == '\n'));
  if (!ended) {
    fault_ = {fault_code::kBadCsv, "found " + excerpt(rest.substr(place, whole_characters(rest.substr(place), 1))) +
                                       " behind the closing quote of cell " + std::to_string(cells_.size() + 1) +
                                       ", expected the delimiter or the end of the line"};
    return Cut::kBroken;
  }
  if (doubled) {
    char* const copy = arena.allocate(text.size());
    char* out = copy;
    for (std::size_t i = 0; i < text.size(); ++i) {
      *out++ = text[i];
      if (text[i] == '"') ++i;
    }
    text = {copy, static_cast<std::size_t>(out - copy)};
  }
  cells_.push_back({text, true});
  return Cut::kWhole;
}

}  // namespace penstock::operators
