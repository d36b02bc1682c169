#include <algorithm>
#include <limits>

#include "runtime/record/row_codec.h"
#include "runtime/record/row_head.h"

namespace penstock::record {
namespace {

bool has_variable_part(const Schema& schema) {
  for (const Field& field : schema.fields)
    if (is_text(field.type.kind) || field.type.kind == Kind::kList) return true;
  return false;
}

std::uint64_t list_bytes(const Column& child, ListSlice slice) {
  if (!is_text(child.type.kind)) return std::uint64_t{slice.length} * 9;
  std::uint64_t bytes = std::uint64_t{slice.length} * 5;
  for (std::uint32_t i = 0; i < slice.length; ++i)
    if (!child.is_null(slice.offset + i)) bytes += child.cells<Text>()[slice.offset + i].size();
  return bytes;
}

/// Stays where it is once it is too large, so that no sum wraps.
void grow(std::uint32_t& size, std::uint64_t bytes) {
  size = static_cast<std::uint32_t>(std::min<std::uint64_t>(size + bytes, kMaxRowBytes + 8));
}

void put_slot(std::byte* at, const Column& column, std::uint32_t cell) {
  if (column.type.kind == Kind::kBool) {
    store<std::uint64_t>(at, column.cells<std::uint8_t>()[cell]);
  } else if (column.type.kind == Kind::kNull) {
    store<std::uint64_t>(at, 0);
  } else {
    std::memcpy(at, column.cells<std::int64_t>() + cell, 8);
  }
}

std::byte* put_element(std::byte* at, const Column& child, std::uint32_t cell) {
  const bool null = child.is_null(cell);
  *at++ = static_cast<std::byte>(null ? kNull : kValid);
  if (!is_text(child.type.kind)) {
    if (null)
      store<std::uint64_t>(at, 0);
    else
      put_slot(at, child, cell);
    return at + 8;
  }
  const Text text = null ? Text{} : child.cells<Text>()[cell];
  store(at, static_cast<std::uint32_t>(text.size()));
  if (!text.empty()) std::memcpy(at + 4, text.data(), text.size());
  return at + 4 + text.size();
}

}  // namespace

RowWriter::RowWriter(RowLayout layout) : layout_(layout), fixed_(!has_variable_part(*layout.schema)) {}

bool RowWriter::all_plain(const Rows& rows) const {
  if (!fixed_) return false;
  for (const Column& column : rows.columns)
    if (column.state != nullptr) return false;
  if (!layout_.time) return true;
  bool fit = true;
  if (rows.selection == nullptr)
    for (std::uint32_t k = 0; k < rows.count; ++k) fit &= lag_fits(rows.time[k], rows.watermark[k]);
  else
    for (std::uint32_t k = 0; k < rows.count; ++k)
      fit &= lag_fits(rows.time[rows.selection[k]], rows.watermark[rows.selection[k]]);
  return fit;
}

std::span<const std::uint32_t> RowWriter::measure(const Rows& rows) {
  const auto count = rows.count;
  too_large_.clear();
  plain_ = all_plain(rows);
  if (plain_) {
    if (sizes_.size() != count || !sizes_plain_)
      sizes_.assign(count, static_cast<std::uint32_t>(layout_.fixed_bytes()));
    sizes_plain_ = true;
    return sizes_;
  }
  sizes_plain_ = false;
  sizes_.assign(count, static_cast<std::uint32_t>(layout_.fixed_bytes()));
  has_null_.assign(count, 0);
  full_watermark_.assign(count, 0);
  for (const Column& column : rows.columns) {
    if (column.state != nullptr)
      for (std::uint32_t k = 0; k < count; ++k)
        has_null_[k] |= static_cast<std::uint8_t>(column.state[rows.cell(k)] != kValid);
    if (is_text(column.type.kind)) {
      for (std::uint32_t k = 0; k < count; ++k)
        if (!column.is_null(rows.cell(k))) grow(sizes_[k], column.cells<Text>()[rows.cell(k)].size());
    } else if (column.type.kind == Kind::kList) {
      for (std::uint32_t k = 0; k < count; ++k)
        if (!column.is_null(rows.cell(k)))
          grow(sizes_[k], list_bytes(*column.child, column.cells<ListSlice>()[rows.cell(k)]));
    }
  }
  const auto null_bytes = static_cast<std::uint32_t>((layout_.schema->size() + 7) / 8);
  for (std::uint32_t k = 0; k < count; ++k) {
    if (layout_.time && !lag_fits(rows.time[rows.cell(k)], rows.watermark[rows.cell(k)])) full_watermark_[k] = 1;
    sizes_[k] += has_null_[k] * null_bytes + full_watermark_[k] * 8u;
    sizes_[k] = (sizes_[k] + 7) & ~7u;
    if (sizes_[k] > kMaxRowBytes) too_large_.push_back(k);
  }
  return sizes_;
}

void RowWriter::write(const Rows& rows, std::byte* const* places, const std::uint64_t* hashes) {
  if (plain_)
    write_plain_heads(rows, places, hashes);
  else
    write_heads(rows, places, hashes);
  if (!fixed_) ends_.assign(rows.count, static_cast<std::uint32_t>(layout_.fixed_bytes()));
  for (int field = 0; field < layout_.schema->size(); ++field) {
    const Kind kind = rows.columns[static_cast<std::size_t>(field)].type.kind;
    if (is_text(kind))
      write_texts(rows, field, places);
    else if (kind == Kind::kList)
      write_lists(rows, field, places);
    else
      write_slots(rows, field, places);
  }
  if (!plain_) write_tails(rows, places);
}

/// No nulls, no watermark in full: the heads differ in nothing but change, time and hash.
void RowWriter::write_plain_heads(const Rows& rows, std::byte* const* places, const std::uint64_t* hashes) {
  const std::uint64_t size = layout_.fixed_bytes();
  const std::size_t hash_at = layout_.time ? 16 : 8;
  for (std::uint32_t k = 0; k < rows.count; ++k) {
    const std::uint32_t cell = rows.cell(k);
    std::byte* const at = places[k];
    std::uint64_t head = size;
    if (rows.change != nullptr) head |= std::uint64_t{static_cast<std::uint32_t>(rows.change[cell])} << kChangeShift;
    if (layout_.time) {
      const base::Micros time = rows.time[cell];
      head |= std::uint64_t{static_cast<std::uint32_t>(encode_lag(time, rows.watermark[cell]))} << 32;
      store(at + 8, time);
    }
    store(at, head);
    if (layout_.hash) store(at + hash_at, hashes[k]);
  }
}

void RowWriter::write_heads(const Rows& rows, std::byte* const* places, const std::uint64_t* hashes) {
  for (std::uint32_t k = 0; k < rows.count; ++k) {
    const std::uint32_t cell = rows.cell(k);
    const auto change = rows.change != nullptr ? static_cast<std::uint32_t>(rows.change[cell]) : 0u;
    store(places[k], sizes_[k] | (full_watermark_[k] != 0 ? kFullWatermarkBit : 0u) |
                         (has_null_[k] != 0 ? kNullsBit : 0u) | change << kChangeShift);
    std::byte* next = places[k] + 8;
    std::int32_t lag = 0;
    if (layout_.time) {
      lag = full_watermark_[k] != 0 ? 0 : encode_lag(rows.time[cell], rows.watermark[cell]);
      store(next, rows.time[cell]);
      next += 8;
    }
    store(places[k] + 4, lag);
    if (layout_.hash) store(next, hashes[k]);
  }
}

void RowWriter::write_slots(const Rows& rows, int field, std::byte* const* places) {
  const Column& column = rows.columns[static_cast<std::size_t>(field)];
  const std::size_t at = layout_.slots_offset() + 8 * static_cast<std::size_t>(field);
  if (column.type.kind == Kind::kNull) {
    for (std::uint32_t k = 0; k < rows.count; ++k) store<std::uint64_t>(places[k] + at, 0);
  } else if (column.type.kind == Kind::kBool) {
    const auto* cells = column.cells<std::uint8_t>();
    for (std::uint32_t k = 0; k < rows.count; ++k) store<std::uint64_t>(places[k] + at, cells[rows.cell(k)]);
  } else if (rows.selection != nullptr) {
    const auto* cells = column.cells<std::int64_t>();
    for (std::uint32_t k = 0; k < rows.count; ++k) store(places[k] + at, cells[rows.selection[k]]);
  } else {
    const auto* cells = column.cells<std::int64_t>();
    for (std::uint32_t k = 0; k < rows.count; ++k) store(places[k] + at, cells[k]);
  }
}

void RowWriter::write_texts(const Rows& rows, int field, std::byte* const* places) {
  const Column& column = rows.columns[static_cast<std::size_t>(field)];
  const std::size_t at = layout_.slots_offset() + 8 * static_cast<std::size_t>(field);
  for (std::uint32_t k = 0; k < rows.count; ++k) {
    const std::uint32_t cell = rows.cell(k);
    const Text text = column.is_null(cell) ? Text{} : column.cells<Text>()[cell];
    store(places[k] + at, ends_[k]);
    store(places[k] + at + 4, static_cast<std::uint32_t>(text.size()));
    if (!text.empty()) std::memcpy(places[k] + ends_[k], text.data(), text.size());
    ends_[k] += static_cast<std::uint32_t>(text.size());
  }
}

void RowWriter::write_lists(const Rows& rows, int field, std::byte* const* places) {
  const Column& column = rows.columns[static_cast<std::size_t>(field)];
  const std::size_t at = layout_.slots_offset() + 8 * static_cast<std::size_t>(field);
  for (std::uint32_t k = 0; k < rows.count; ++k) {
    const std::uint32_t cell = rows.cell(k);
    const ListSlice slice = column.is_null(cell) ? ListSlice{} : column.cells<ListSlice>()[cell];
    store(places[k] + at, ends_[k]);
    store(places[k] + at + 4, slice.length);
    std::byte* next = places[k] + ends_[k];
    for (std::uint32_t i = 0; i < slice.length; ++i) next = put_element(next, *column.child, slice.offset + i);
    ends_[k] = static_cast<std::uint32_t>(next - places[k]);
  }
}

void RowWriter::write_tails(const Rows& rows, std::byte* const* places) {
  const auto fixed = static_cast<std::uint32_t>(layout_.fixed_bytes());
  for (std::uint32_t k = 0; k < rows.count; ++k) {
    const std::uint32_t end = fixed_ ? fixed : ends_[k];
    if (end == sizes_[k]) continue;
    std::memset(places[k] + end, 0, sizes_[k] - end);
    std::uint32_t tail = sizes_[k];
    if (full_watermark_[k] != 0) {
      tail -= 8;
      store(places[k] + tail, rows.watermark[rows.cell(k)]);
    }
    if (has_null_[k] == 0) continue;
    tail -= static_cast<std::uint32_t>((rows.columns.size() + 7) / 8);
    for (std::size_t field = 0; field < rows.columns.size(); ++field)
      if (rows.columns[field].is_null(rows.cell(k)))
        places[k][tail + field / 8] |= static_cast<std::byte>(1u << (field % 8));
  }
}

}  // namespace penstock::record
