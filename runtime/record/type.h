/// The types of the topology language and how a cell of each lies in a Column.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace penstock::record {

enum class Kind : std::uint8_t {
  kNull,       ///< The type of a bare `null`; unifies with every other. Cells: none.
  kBool,       ///< Cell: uint8_t, 0 or 1.
  kInt64,      ///< Cell: int64_t.
  kFloat64,    ///< Cell: double.
  kString,     ///< Cell: std::string_view, valid UTF-8.
  kBytes,      ///< Cell: std::string_view, anything.
  kTimestamp,  ///< Cell: int64_t, microseconds since 1970-01-01T00:00:00Z.
  kDuration,   ///< Cell: int64_t, microseconds.
  kList,       ///< Cell: ListSlice into Column::child.
};

struct Type {
  Kind kind = Kind::kNull;
  Kind element = Kind::kNull;  ///< For kList only; lists do not nest.
  friend bool operator==(const Type&, const Type&) = default;
};

constexpr bool is_text(Kind kind) { return kind == Kind::kString || kind == Kind::kBytes; }
constexpr bool is_slot(Kind kind) {  ///< Cells of 8 bytes: int64, float64, timestamp, duration.
  return kind == Kind::kInt64 || kind == Kind::kFloat64 || kind == Kind::kTimestamp || kind == Kind::kDuration;
}

/// As written in a topology: "int64", "[string]".
std::string to_string(Type type);
std::string_view to_string(Kind kind);

}  // namespace penstock::record
