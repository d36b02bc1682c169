/// Names and types of the fields of a stream, in order. Immutable once built; shared by pointer, never copied per row.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/record/type.h"

namespace penstock::record {

struct Field {
  std::string name;
  Type type;
  bool nullable = true;  ///< False for `int64!`: a null there is that record's error.
  friend bool operator==(const Field&, const Field&) = default;
};

struct Schema {
  std::vector<Field> fields;

  std::optional<int> index_of(std::string_view name) const {
    for (std::size_t i = 0; i < fields.size(); ++i)
      if (fields[i].name == name) return static_cast<int>(i);
    return std::nullopt;
  }
  int size() const { return static_cast<int>(fields.size()); }
  const Field& operator[](int i) const { return fields[static_cast<std::size_t>(i)]; }
  friend bool operator==(const Schema&, const Schema&) = default;
};

}  // namespace penstock::record
