/// How cells of each kind are read, kept beyond their run, and appended to a result.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

#include "operators/aggregates/saved_bytes.h"
#include "runtime/record/column_buffer.h"
#include "runtime/record/rows.h"

namespace penstock::operators {

/// A value of 8 bytes or less that lives in a group's bytes.
template <class Cell>
struct PlainValue {
  Cell value;
  static constexpr bool kOwnsMemory = false;
  Cell get() const { return value; }
  void set(Cell cell) { value = cell; }
  void destroy() {}
  void save(SavedWriter& out) const { out.cell(value); }
  void load(SavedReader& in) { value = in.cell<Cell>(); }
};

/// A text that lives on beside its group; the buffer is reused as long as it is large enough.
struct TextValue {
  char* data;
  std::uint32_t size, capacity;
  static constexpr bool kOwnsMemory = true;
  record::Text get() const { return {data, size}; }
  void set(record::Text text) {
    if (text.size() > capacity) {
      const std::size_t wanted = std::max<std::size_t>(16, text.size() + text.size() / 2);
      auto* larger = static_cast<char*>(std::realloc(data, wanted));
      if (larger == nullptr) throw std::bad_alloc();
      data = larger;
      capacity = static_cast<std::uint32_t>(wanted);
    }
    if (!text.empty()) std::memcpy(data, text.data(), text.size());
    size = static_cast<std::uint32_t>(text.size());
  }
  void destroy() { std::free(data); }
  void save(SavedWriter& out) const { out.text(get()); }
  void load(SavedReader& in) { set(in.text()); }
};

struct IntCells {
  using Cell = std::int64_t;
  using Value = PlainValue<Cell>;
  static Cell get(const record::Column& column, std::uint32_t cell) { return column.cells<Cell>()[cell]; }
  static void append(record::ColumnBuffer& out, Cell cell) { out.append_int(cell); }
  static bool less(Cell a, Cell b) { return a < b; }
};
struct FloatCells {
  using Cell = double;
  using Value = PlainValue<Cell>;
  static Cell get(const record::Column& column, std::uint32_t cell) { return column.cells<Cell>()[cell]; }
  static void append(record::ColumnBuffer& out, Cell cell) { out.append_float(cell); }
  /// NaN is the greatest, as in SQL systems that order it.
  static bool less(Cell a, Cell b) { return a < b || (b != b && a == a); }
};
struct BoolCells {
  using Cell = std::uint8_t;
  using Value = PlainValue<std::uint64_t>;
  static Cell get(const record::Column& column, std::uint32_t cell) { return column.cells<Cell>()[cell]; }
  static void append(record::ColumnBuffer& out, std::uint64_t cell) { out.append_bool(cell != 0); }
  static bool less(std::uint64_t a, std::uint64_t b) { return a < b; }
};
struct TextCells {
  using Cell = record::Text;
  using Value = TextValue;
  static Cell get(const record::Column& column, std::uint32_t cell) { return column.cells<Cell>()[cell]; }
  static void append(record::ColumnBuffer& out, Cell cell) { out.append_text(cell); }
  static bool less(Cell a, Cell b) { return a < b; }
};

/// Calls visit(IntCells{}) or what else fits `kind` (not a list).
template <class Visit>
auto with_cells(record::Kind kind, Visit&& visit) {
  switch (kind) {
    case record::Kind::kFloat64:
      return visit(FloatCells{});
    case record::Kind::kBool:
      return visit(BoolCells{});
    case record::Kind::kString:
    case record::Kind::kBytes:
      return visit(TextCells{});
    default:
      return visit(IntCells{});
  }
}

}  // namespace penstock::operators
