#include "runtime/record/row_codec.h"
#include "runtime/record/row_head.h"

namespace penstock::record {

RowReader::RowReader(RowLayout layout) : layout_(layout) {
  for (const Field& field : layout.schema->fields) {
    columns_.emplace_back(field.type);
    fixed_ = fixed_ && !is_text(field.type.kind) && field.type.kind != Kind::kList;
  }
  views_.resize(columns_.size());
}

bool RowReader::read(std::span<const std::byte> payload, std::uint32_t count) {
  if (!find_rows(payload, count) || !read_heads()) return false;
  for (std::size_t field = 0; field < columns_.size(); ++field) {
    if (!read_field(field)) return false;
    views_[field] = columns_[field].column();
  }
  rows_ = Rows{};
  rows_.schema = layout_.schema;
  rows_.count = count;
  rows_.columns = views_;
  if (layout_.time) {
    rows_.time = time_.data();
    rows_.watermark = watermark_.data();
    bool late = false;
    for (std::uint32_t k = 0; k < count; ++k) late |= watermark_[k] > time_[k];
    rows_.may_be_late = late;
  }
  if (layout_.hash) rows_.key_hash = hash_.data();
  if (any_change_) rows_.change = change_.data();
  return true;
}

/// Without nulls, text and full watermarks all rows have one length, so none has to wait for the one before it.
bool RowReader::find_plain_rows(std::span<const std::byte> payload, std::uint32_t count) {
  const std::size_t size = layout_.fixed_bytes();
  if (!fixed_ || payload.size() != size * count) return false;
  std::uint32_t changes = 0, strange = 0;
  for (std::uint32_t k = 0; k < count; ++k) {
    at_[k] = payload.data() + k * size;
    const auto head = load<std::uint32_t>(at_[k]);
    changes |= head >> kChangeShift;
    strange |= (head & ((1u << kChangeShift) - 1)) ^ static_cast<std::uint32_t>(size);
  }
  any_change_ = changes != 0;
  return strange == 0;
}

bool RowReader::find_rows(std::span<const std::byte> payload, std::uint32_t count) {
  if (count > payload.size() / layout_.fixed_bytes()) return false;  // A peer's word: before there is room for so many.
  at_.resize(count);
  any_null_ = false;
  plain_ = find_plain_rows(payload, count);
  if (plain_) return true;
  size_.resize(count);
  any_change_ = false;
  std::size_t offset = 0;
  for (std::uint32_t k = 0; k < count; ++k) {
    if (payload.size() - offset < layout_.fixed_bytes()) return false;
    at_[k] = payload.data() + offset;
    const auto head = load<std::uint32_t>(at_[k]);
    size_[k] = head & kSizeMask;
    if (size_[k] < layout_.fixed_bytes() || size_[k] > payload.size() - offset || size_[k] % 8 != 0) return false;
    any_null_ |= (head & kNullsBit) != 0;
    any_change_ |= (head >> kChangeShift) != 0;
    offset += size_[k];
  }
  return offset == payload.size();
}

bool RowReader::read_heads() {
  const std::size_t count = at_.size();
  if (layout_.time) {
    time_.resize(count);
    watermark_.resize(count);
    const std::size_t size = layout_.fixed_bytes();
    const std::byte* at = count == 0 ? nullptr : at_[0];
    for (std::size_t k = 0; plain_ && k < count; ++k, at += size) {
      time_[k] = load<base::Micros>(at + 8);
      watermark_[k] = decode_lag(time_[k], load<std::int32_t>(at + 4));
    }
    for (std::size_t k = 0; !plain_ && k < count; ++k) {
      time_[k] = load<base::Micros>(at_[k] + 8);
      const bool full = (load<std::uint32_t>(at_[k]) & kFullWatermarkBit) != 0;
      if (full && size_[k] < layout_.fixed_bytes() + 8) return false;
      watermark_[k] =
          full ? load<base::Micros>(at_[k] + size_[k] - 8) : decode_lag(time_[k], load<std::int32_t>(at_[k] + 4));
    }
  }
  if (layout_.hash) {
    hash_.resize(count);
    const std::size_t at = layout_.time ? 16 : 8;
    for (std::size_t k = 0; k < count; ++k) hash_[k] = load<std::uint64_t>(at_[k] + at);
  }
  if (any_change_) {
    change_.resize(count);
    for (std::size_t k = 0; k < count; ++k)
      change_[k] = static_cast<Change>(load<std::uint32_t>(at_[k]) >> kChangeShift);
  }
  return true;
}

bool RowReader::is_null(std::size_t row, std::size_t field) const {
  const auto head = load<std::uint32_t>(at_[row]);
  if ((head & kNullsBit) == 0) return false;
  const std::size_t tail = size_[row] - ((head & kFullWatermarkBit) != 0 ? 8 : 0) - (columns_.size() + 7) / 8;
  return (static_cast<unsigned>(at_[row][tail + field / 8]) >> (field % 8) & 1u) != 0;
}

bool RowReader::read_field(std::size_t field) {
  columns_[field].clear();
  const Kind kind = columns_[field].type().kind;
  if (is_text(kind)) {
    if (!read_texts(field)) return false;
  } else if (kind == Kind::kList) {
    return read_lists(field);  // Appends cell by cell, nulls included.
  } else {
    read_slots(field);
  }
  if (any_null_) read_states(field);
  return true;
}

void RowReader::read_slots(std::size_t field) {
  const auto count = static_cast<std::uint32_t>(at_.size());
  const std::size_t at = layout_.slots_offset() + 8 * field;
  if (plain_ && is_slot(columns_[field].type().kind)) {  // No pointer to follow from row to row.
    auto* cells = columns_[field].resize<std::int64_t>(count);
    const std::size_t size = layout_.fixed_bytes();
    const std::byte* from = count == 0 ? nullptr : at_[0] + at;
    for (std::uint32_t k = 0; k < count; ++k, from += size) cells[k] = load<std::int64_t>(from);
  } else if (columns_[field].type().kind == Kind::kBool) {
    auto* cells = columns_[field].resize<std::uint8_t>(count);
    for (std::uint32_t k = 0; k < count; ++k)
      cells[k] = static_cast<std::uint8_t>(load<std::uint64_t>(at_[k] + at) & 1);
  } else {
    auto* cells = columns_[field].resize<std::int64_t>(count);
    for (std::uint32_t k = 0; k < count; ++k) cells[k] = load<std::int64_t>(at_[k] + at);
  }
}

bool RowReader::read_texts(std::size_t field) {
  const auto count = static_cast<std::uint32_t>(at_.size());
  const std::size_t at = layout_.slots_offset() + 8 * field;
  auto* cells = columns_[field].resize<Text>(count);
  for (std::uint32_t k = 0; k < count; ++k) {
    const std::size_t offset = load<std::uint32_t>(at_[k] + at);
    const std::size_t length = load<std::uint32_t>(at_[k] + at + 4);
    if (offset < layout_.fixed_bytes() || offset > size_[k] || length > size_[k] - offset) return false;
    cells[k] = Text{reinterpret_cast<const char*>(at_[k]) + offset, length};
  }
  return true;
}

void RowReader::read_states(std::size_t field) {
  bool any = false;
  for (std::size_t k = 0; k < at_.size() && !any; ++k) any = is_null(k, field);
  if (!any) return;
  std::uint8_t* states = columns_[field].state_of_all();
  for (std::size_t k = 0; k < at_.size(); ++k) states[k] = is_null(k, field) ? kNull : kValid;
}

bool RowReader::read_lists(std::size_t field) {
  ColumnBuffer& column = columns_[field];
  ColumnBuffer& child = column.child();
  const std::size_t slot = layout_.slots_offset() + 8 * field;
  const Kind kind = child.type().kind;
  for (std::size_t k = 0; k < at_.size(); ++k) {
    if (is_null(k, field)) {
      column.append_null();
      continue;
    }
    std::size_t at = load<std::uint32_t>(at_[k] + slot);
    const auto count = load<std::uint32_t>(at_[k] + slot + 4);
    if (at < layout_.fixed_bytes() || at > size_[k]) return false;
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::size_t width = is_text(kind) ? 5 : 9;
      if (size_[k] - at < width) return false;
      const std::byte* element = at_[k] + at;
      at += width;
      if (is_text(kind)) {
        const auto length = load<std::uint32_t>(element + 1);
        if (length > size_[k] - at) return false;
        at += length;
        if (element[0] == std::byte{0})
          child.append_text({reinterpret_cast<const char*>(element) + 5, length});
        else
          child.append_null();
      } else if (element[0] != std::byte{0}) {
        child.append_null();
      } else if (kind == Kind::kBool) {
        child.append_bool(element[1] != std::byte{0});
      } else {
        child.append_int(load<std::int64_t>(element + 1));  // The bits of a float64 as well.
      }
    }
    column.append_list(count);
  }
  return true;
}

}  // namespace penstock::record
