#include "runtime/state/key_codec.h"

#include <cstring>

#include "runtime/record/key_hash.h"

namespace penstock::state {
namespace {

using record::Column;
using record::Kind;
using record::ListSlice;
using record::Text;

/// A list's elements: a null mark and 8 bytes each, then (text) the bytes.
std::size_t bytes_of(const Column& column, std::uint32_t cell) {
  if (record::is_text(column.type.kind)) return column.cells<Text>()[cell].size();
  if (column.type.kind != Kind::kList) return 0;
  const ListSlice slice = column.cells<ListSlice>()[cell];
  std::size_t bytes = std::size_t{slice.length} * 9;
  for (std::uint32_t i = slice.offset; i < slice.offset + slice.length; ++i)
    if (!column.child->is_null(i)) bytes += bytes_of(*column.child, i);
  return bytes;
}

std::uint64_t bits_of(const Column& column, std::uint32_t cell) {
  switch (column.type.kind) {
    case Kind::kNull:
      return 0;
    case Kind::kBool:
      return column.cells<std::uint8_t>()[cell];
    case Kind::kFloat64:
      return record::canonical_bits(column.cells<double>()[cell]);
    case Kind::kInt64:
    case Kind::kTimestamp:
    case Kind::kDuration:
      return column.cells<std::uint64_t>()[cell];
    case Kind::kString:
    case Kind::kBytes:
    case Kind::kList:
      return bytes_of(column, cell);
  }
  return 0;
}

char* write_list(const Column& column, std::uint32_t cell, char* at) {
  const ListSlice slice = column.cells<ListSlice>()[cell];
  for (std::uint32_t i = slice.offset; i < slice.offset + slice.length; ++i) {
    const bool null = column.child->is_null(i);
    const std::uint64_t bits = null ? 0 : bits_of(*column.child, i);
    *at++ = static_cast<char>(null);
    std::memcpy(at, &bits, 8);
    at += 8;
    if (null || !record::is_text(column.child->type.kind) || bits == 0) continue;
    std::memcpy(at, column.child->cells<Text>()[i].data(), bits);
    at += bits;
  }
  return at;
}

std::uint64_t read_word(const char* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, 8);
  return word;
}

void append_bits(Kind kind, std::uint64_t bits, record::ColumnBuffer& out) {
  if (kind == Kind::kBool) return out.append_bool(bits != 0);
  if (kind == Kind::kFloat64) return out.append_float(__builtin_bit_cast(double, bits));
  out.append_int(static_cast<std::int64_t>(bits));
}

void read_list(Text bytes, Kind element, record::ColumnBuffer& out) {
  std::uint32_t length = 0;
  for (const char* at = bytes.data(); at != bytes.data() + bytes.size(); ++length) {
    const bool null = *at != 0;
    const std::uint64_t bits = read_word(at + 1);
    at += 9;
    if (null) {
      out.child().append_null();
    } else if (record::is_text(element)) {
      out.child().append_text({at, bits});
      at += bits;
    } else {
      append_bits(element, bits, out.child());
    }
  }
  out.append_list(length);
}

}  // namespace

void KeyCodec::measure(const record::Rows& rows, std::span<const int> key_fields) {
  begin_.assign(rows.count + 1, fixed_bytes());
  for (const int field : key_fields) {
    const Column& column = rows.columns[static_cast<std::size_t>(field)];
    if (!record::is_text(column.type.kind) && column.type.kind != Kind::kList) continue;
    for (std::uint32_t row = 0; row < rows.count; ++row)
      if (!column.is_null(rows.cell(row))) begin_[row] += bytes_of(column, rows.cell(row));
  }
  std::size_t at = 0;
  for (std::size_t& begin : begin_) {
    const std::size_t bytes = begin;
    begin = at;
    at += bytes;
  }
  bytes_.resize(begin_.back());
}

void KeyCodec::write_slot(std::uint32_t row, std::size_t field, std::uint64_t bits, bool null) {
  char* key = bytes_.data() + begin_[row];
  std::memcpy(key + field * 8, &bits, 8);
  key[types_.size() * 8 + field] = static_cast<char>(null);
}

void KeyCodec::write_slots(const record::Rows& rows, const Column& column, std::size_t field) {
  if (column.type.kind == Kind::kInt64 && column.state == nullptr) {
    const auto* cells = column.cells<std::uint64_t>();
    for (std::uint32_t row = 0; row < rows.count; ++row) write_slot(row, field, cells[rows.cell(row)], false);
    return;
  }
  for (std::uint32_t row = 0; row < rows.count; ++row) {
    const bool null = column.type.kind == Kind::kNull || column.is_null(rows.cell(row));
    write_slot(row, field, null ? 0 : bits_of(column, rows.cell(row)), null);
  }
}

void KeyCodec::write_bytes(const record::Rows& rows, const Column& column, std::size_t field) {
  for (std::uint32_t row = 0; row < rows.count; ++row) {
    const std::uint32_t cell = rows.cell(row);
    const bool null = column.is_null(cell);
    const std::size_t bytes = null ? 0 : bytes_of(column, cell);
    write_slot(row, field, bytes, null);
    if (bytes == 0) continue;
    char* at = bytes_.data() + tail_[row];
    if (column.type.kind == Kind::kList)
      write_list(column, cell, at);
    else
      std::memcpy(at, column.cells<Text>()[cell].data(), bytes);
    tail_[row] += bytes;
  }
}

std::span<const Text> KeyCodec::encode(const record::Rows& rows, std::span<const int> key_fields) {
  measure(rows, key_fields);
  tail_.resize(rows.count);
  for (std::uint32_t row = 0; row < rows.count; ++row) tail_[row] = begin_[row] + fixed_bytes();
  for (std::size_t field = 0; field < key_fields.size(); ++field) {
    const Column& column = rows.columns[static_cast<std::size_t>(key_fields[field])];
    const bool has_bytes = record::is_text(column.type.kind) || column.type.kind == Kind::kList;
    has_bytes ? write_bytes(rows, column, field) : write_slots(rows, column, field);
  }
  keys_.resize(rows.count);
  for (std::uint32_t row = 0; row < rows.count; ++row)
    keys_[row] = Text(bytes_.data() + begin_[row], begin_[row + 1] - begin_[row]);
  return keys_;
}

void KeyCodec::decode(Text encoded, std::size_t field, record::ColumnBuffer& out) const {
  if (encoded[types_.size() * 8 + field] != 0) return out.append_null();
  const std::uint64_t bits = read_word(encoded.data() + field * 8);
  const Kind kind = types_[field].kind;
  if (!record::is_text(kind) && kind != Kind::kList) return append_bits(kind, bits, out);
  std::size_t at = fixed_bytes();
  for (std::size_t before = 0; before < field; ++before) {
    const Kind other = types_[before].kind;
    if (record::is_text(other) || other == Kind::kList) at += read_word(encoded.data() + before * 8);
  }
  const Text bytes = encoded.substr(at, bits);
  kind == Kind::kList ? read_list(bytes, types_[field].element, out) : out.append_text(bytes);
}

}  // namespace penstock::state
