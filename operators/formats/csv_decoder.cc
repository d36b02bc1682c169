#include "operators/formats/csv_decoder.h"

#include <algorithm>

#include "operators/formats/json_value.h"
#include "operators/formats/text_cell.h"
#include "operators/formats/utf8.h"

namespace penstock::operators {

CsvDecoder::CsvDecoder(std::vector<FieldPlan> plan, char delimiter, bool header)
    : plan_(std::move(plan)),
      scratch_(plan_),
      records_(delimiter),
      has_header_(header),
      state_(header ? Header::kComes : Header::kKnown) {
  for (std::size_t i = 0; i < plan_.size() && !header; ++i) field_of_cell_.push_back(static_cast<int>(i));
  know_columns();
}

void CsvDecoder::know_columns() {
  const int only = field_of_cell_.size() == 1 ? field_of_cell_[0] : -1;
  const FieldPlan* const plan = only < 0 ? nullptr : &plan_[static_cast<std::size_t>(only)];
  records_.take_empty_lines(plan != nullptr && plan->nullable && record::is_text(plan->type.kind));
}

api::Decoder::Progress CsvDecoder::decode(std::string_view bytes, std::int64_t offset, bool last,
                                          std::uint32_t max_rows, record::RowsBuffer& out,
                                          std::vector<std::int64_t>& offsets, api::DecodeFaults& faults) {
  Progress progress;
  if (state_ == Header::kBad) refuse(offset, header_, faults);
  while (state_ != Header::kRefused && progress.rows < max_rows) {
    const auto found = records_.next(bytes, progress.consumed, offset, last, out.arena());
    if (found == CsvRecords::Found::kNone) break;
    const std::int64_t record_offset = offset + (records_.text().data() - bytes.data());
    if (state_ == Header::kComes) {
      take_header(found);
      if (state_ == Header::kBad) refuse(record_offset, records_.text(), faults);
    } else if (found == CsvRecords::Found::kFault) {
      faults.failed(record_offset, records_.text(), records_.fault().code, records_.fault().message);
    } else if (read_record(out)) {
      offsets.push_back(record_offset);
      ++progress.rows;
    } else {
      faults.failed(record_offset, records_.text(), fault_.code, fault_.message);
    }
  }
  if (state_ == Header::kRefused) progress.consumed = bytes.size();
  return progress;
}

void CsvDecoder::refuse(std::int64_t offset, std::string_view raw, api::DecodeFaults& faults) {
  state_ = Header::kRefused;
  faults.unreadable(offset, raw, fault_.code, fault_.message);
}

void CsvDecoder::take_header(CsvRecords::Found found) {
  state_ = Header::kKnown;
  header_ = records_.text();
  fault_ = {};
  if (found == CsvRecords::Found::kFault)
    fault_ = {fault_code::kBadHeader, "the header cannot be read: " + records_.fault().message};
  else if (!valid_utf8(header_))
    fault_ = {fault_code::kBadHeader, "the header is not valid UTF-8"};
  else
    match_columns();
  if (!fault_.code.empty()) state_ = Header::kBad;
}

void CsvDecoder::match_columns() {
  std::vector<bool> found(plan_.size(), false);
  std::string names, missing;
  for (const CsvCell& cell : records_.cells()) {
    int field = -1;
    for (std::size_t i = 0; i < plan_.size(); ++i)
      if (plan_[i].name == cell.text) field = static_cast<int>(i);
    if (field >= 0 && found[static_cast<std::size_t>(field)])
      fault_ = {fault_code::kDuplicateColumn,
                "the header has two columns '" + plan_[static_cast<std::size_t>(field)].name + "'"};
    if (field >= 0) found[static_cast<std::size_t>(field)] = true;
    field_of_cell_.push_back(field);
    names += (names.empty() ? "" : ", ") + excerpt(cell.text);
  }
  know_columns();
  for (std::size_t i = 0; i < plan_.size(); ++i)
    if (!found[i]) missing += (missing.empty() ? "'" : ", '") + plan_[i].name + "'";
  if (!missing.empty() && fault_.code.empty())
    fault_ = {fault_code::kMissingColumn, std::string("the header has no column") +
                                              (missing.find(',') != missing.npos ? "s " : " ") + missing +
                                              "; it has: " + excerpt(names)};
}

std::string CsvDecoder::learnt() const {
  if (state_ == Header::kRefused) return "refused ";
  if (state_ == Header::kComes && !records_.is_skipping()) return {};
  return (records_.is_skipping() ? "skipping " : "reading ") + header_;
}

bool CsvDecoder::resume(std::string_view learnt) {
  if (learnt.empty()) return true;
  if (learnt == "refused ") {
    state_ = Header::kRefused;
    return true;
  }
  const std::size_t word = learnt.find(' ');
  if (word == learnt.npos) return false;
  const bool skipping = learnt.substr(0, word) == "skipping";
  if (!skipping && learnt.substr(0, word) != "reading") return false;
  const std::string header(learnt.substr(word + 1));
  record::TextArena arena;
  std::size_t at = 0;
  if (has_header_ && !header.empty()) {
    if (records_.next(header, at, 1, true, arena) != CsvRecords::Found::kRecord) return false;
    take_header(CsvRecords::Found::kRecord);
  }
  if (skipping) records_.go_on_skipping();
  return true;
}

bool CsvDecoder::read_record(record::RowsBuffer& out) {
  const auto& cells = records_.cells();
  if (cells.size() != field_of_cell_.size()) {
    fault_ = {fault_code::kBadCsv, "found " + std::to_string(cells.size()) + " cells, expected " +
                                       std::to_string(field_of_cell_.size()) + " as in the header or schema"};
    return false;
  }
  if (!valid_utf8(records_.text())) {
    fault_ = {fault_code::kBadUtf8, "the record is not valid UTF-8"};
    return false;
  }
  scratch_.start();
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (field_of_cell_[i] >= 0 && !read_cell(cells[i], static_cast<std::size_t>(field_of_cell_[i]), out.arena())) {
      return false;
    }
  }
  return scratch_.commit(out, fault_);
}

bool CsvDecoder::read_cell(const CsvCell& cell, std::size_t field, record::TextArena& arena) {
  const FieldPlan& plan = plan_[field];
  const bool empty_text = cell.quoted && record::is_text(plan.type.kind);
  if (cell.text.empty() && !empty_text) {
    scratch_.mark(field, CellMark::kNull);
    return true;
  }
  const bool good = plan.type.kind == record::Kind::kList
                        ? read_list(cell.text, field, arena)
                        : read_text_cell(cell.text, plan, arena, scratch_.value(field), fault_);
  if (good) scratch_.mark(field, CellMark::kValue);
  return good;
}

/// A list stands in a cell as a JSON array.
bool CsvDecoder::read_list(std::string_view text, std::size_t field, record::TextArena& arena) {
  JsonTokens tokens;
  if (list_index_.index(text) == JsonIndex::Verdict::kGood) {
    tokens.start(text, text, list_index_.tokens(), true);
    if (tokens.peek() == '[') {
      const CellMark mark =
          JsonValue(tokens, arena, scratch_.elements(), fault_).read(plan_[field], scratch_.value(field));
      if (mark == CellMark::kValue && tokens.peek() == '\n') return true;
      if (mark != CellMark::kValue && fault_.code != fault_code::kBadJson) return false;
    }
  }
  fault_ = wrong_type(plan_[field], text, "as a JSON array");
  return false;
}

}  // namespace penstock::operators
