#include "operators/sinks/row_text.h"

#include "operators/formats/formats.h"

namespace penstock::operators {
namespace {

constexpr record::Type kText{record::Kind::kString, record::Kind::kNull};
constexpr std::string_view kChangeNames[] = {"insert", "update", "", "delete"};

bool is_written(record::Change change, bool changes) {
  return change == record::Change::kInsert || change == record::Change::kUpdate ||
         (changes && change == record::Change::kDelete);
}

}  // namespace

base::Result<RowText> RowText::make(const api::NodeSpec& spec) {
  RowText text;
  text.changes_ = spec.node.params.flag("changes");
  text.schema_ = std::make_unique<record::Schema>(*spec.inputs.front());
  if (text.changes_) text.schema_->fields.push_back({"change", kText, false});
  auto encoder = make_encoder(spec.node.format, *text.schema_, spec.node.format_params);
  if (!encoder) return tl::unexpected(encoder.error());
  text.encoder_ = std::move(*encoder);
  return text;
}

void RowText::append(const record::Rows& rows, std::string& out, api::Counters& counters) {
  record::Rows written = rows;
  if (rows.change != nullptr) {
    selected_.clear();
    for (std::uint32_t row = 0; row < rows.count; ++row)
      if (is_written(rows.change[rows.cell(row)], changes_)) selected_.push_back(rows.cell(row));
    written.count = static_cast<std::uint32_t>(selected_.size());
    written.selection = selected_.data();
  }
  counters.passed.add(written.count);
  counters.dropped.add(rows.count - written.count);
  if (changes_) {
    append_with_changes(written, out);
  } else {
    encoder_->encode(written, out);
  }
}

void RowText::append_with_changes(const record::Rows& rows, std::string& out) {
  if (rows.count == 0) return;
  const std::size_t cells = rows.cell(rows.count - 1) + std::size_t{1};  // Selections ascend.
  change_cells_.assign(cells, kChangeNames[0]);
  for (std::uint32_t row = 0; row < rows.count && rows.change != nullptr; ++row)
    change_cells_[rows.cell(row)] = kChangeNames[static_cast<std::size_t>(rows.change[rows.cell(row)])];
  columns_.assign(rows.columns.begin(), rows.columns.end());
  columns_.push_back({kText, change_cells_.data(), nullptr, nullptr});
  record::Rows widened = rows;
  widened.schema = schema_.get();
  widened.columns = columns_;
  encoder_->encode(widened, out);
}

}  // namespace penstock::operators
