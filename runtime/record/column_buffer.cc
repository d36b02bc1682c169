#include "runtime/record/column_buffer.h"

#include "runtime/base/check.h"

namespace penstock::record {

ColumnBuffer::ColumnBuffer(Type type) : type_(type) {
  if (type.kind == Kind::kList) child_ = std::make_unique<ColumnBuffer>(Type{type.element, Kind::kNull});
}

void ColumnBuffer::clear() {
  size_ = 0;
  has_state_ = false;
  states_.clear();
  if (child_) child_->clear();
}

void ColumnBuffer::push_state(std::uint8_t state) { states_.push_back(state); }

std::uint8_t* ColumnBuffer::state_of_all() {
  has_state_ = true;
  states_.resize(size_, kValid);
  return states_.data();
}

void ColumnBuffer::append_null() {
  if (!has_state_) {
    has_state_ = true;
    states_.assign(size_, kValid);
  }
  switch (type_.kind) {
    case Kind::kBool:
      append_cell(std::uint8_t{0});
      break;
    case Kind::kString:
    case Kind::kBytes:
      append_cell(Text{});
      break;
    case Kind::kList:
      append_cell(ListSlice{});
      break;
    case Kind::kNull:
    case Kind::kInt64:
    case Kind::kFloat64:
    case Kind::kTimestamp:
    case Kind::kDuration:
      append_cell(std::int64_t{0});
      break;
  }
  states_.back() = kNull;
}

ColumnBuffer& ColumnBuffer::child() {
  CHECK(child_ != nullptr);
  return *child_;
}

void ColumnBuffer::append_list(std::uint32_t length) { append_cell(ListSlice{child_->size() - length, length}); }

void ColumnBuffer::append_from(const Column& from, std::uint32_t cell, TextArena* arena) {
  if (from.is_null(cell)) return append_null();
  switch (type_.kind) {
    case Kind::kNull:
      return append_null();
    case Kind::kBool:
      return append_cell(from.cells<std::uint8_t>()[cell]);
    case Kind::kString:
    case Kind::kBytes: {
      const Text text = from.cells<Text>()[cell];
      return append_cell(arena != nullptr ? arena->copy(text) : text);
    }
    case Kind::kList: {
      const ListSlice slice = from.cells<ListSlice>()[cell];
      for (std::uint32_t i = 0; i < slice.length; ++i) child_->append_from(*from.child, slice.offset + i, arena);
      return append_list(slice.length);
    }
    case Kind::kInt64:
    case Kind::kFloat64:
    case Kind::kTimestamp:
    case Kind::kDuration:
      return append_cell(from.cells<std::int64_t>()[cell]);
  }
}

Column ColumnBuffer::column() const {
  Column view{type_, cells_.data(), has_state_ ? states_.data() : nullptr, nullptr};
  if (child_) {
    child_view_ = child_->column();
    view.child = &child_view_;
  }
  return view;
}

RowsBuffer::RowsBuffer(const Schema& schema) : schema_(&schema) {
  for (const Field& field : schema.fields) columns_.emplace_back(field.type);
  views_.resize(columns_.size());
}

void RowsBuffer::clear() {
  for (ColumnBuffer& column : columns_) column.clear();
  time_.clear();
  watermark_.clear();
  change_.clear();
  arena_.clear();
}

std::uint32_t RowsBuffer::size() const { return columns_.empty() ? 0 : columns_.front().size(); }

Rows RowsBuffer::rows() { return rows(size()); }

Rows RowsBuffer::rows(std::uint32_t count) {
  for (std::size_t i = 0; i < columns_.size(); ++i) views_[i] = columns_[i].column();
  Rows rows;
  rows.schema = schema_;
  rows.count = count;
  rows.columns = views_;
  if (!time_.empty()) rows.time = time_.data();
  if (!watermark_.empty()) rows.watermark = watermark_.data();
  if (!change_.empty()) rows.change = change_.data();
  return rows;
}

}  // namespace penstock::record
