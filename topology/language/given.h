/// What a file gives for the fields of one table: read, checked against the table's rules, with its place.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "topology/language/field_table.h"
#include "topology/yaml/tree.h"

namespace penstock::topology {

struct GivenTable;

struct Given {
  const FieldRule* rule = nullptr;
  const YamlNode* key = nullptr;   ///< Where the name stands.
  const YamlNode* node = nullptr;  ///< What stands behind it: for names, types and expressions the value itself.
  bool faulty = false;             ///< Reported already; `value` says nothing.
  std::variant<std::monostate, bool, std::int64_t, double, std::string, std::shared_ptr<GivenTable>> value;

  template <class T>
  const T* as() const {
    return faulty ? nullptr : std::get_if<T>(&value);
  }
  const GivenTable* table() const {
    const auto* inner = as<std::shared_ptr<GivenTable>>();
    return inner != nullptr ? inner->get() : nullptr;
  }
};

struct GivenTable {
  const FieldTable* rules = nullptr;
  Place place;                               ///< Of the key above it, to say what is missing.
  std::map<std::string_view, Given> fields;  ///< By name; kNodes are read apart.
  bool complete = true;                      ///< False: something in it was reported.

  const Given* find(std::string_view name) const {
    const auto at = fields.find(name);
    return at == fields.end() ? nullptr : &at->second;
  }
  /// The value when given and well-formed, else `otherwise`.
  template <class T>
  T get(std::string_view name, T otherwise) const {
    const Given* given = find(name);
    const T* value = given != nullptr ? given->as<T>() : nullptr;
    return value != nullptr ? *value : otherwise;
  }
  std::string text(std::string_view name, std::string otherwise = {}) const { return get(name, std::move(otherwise)); }
  bool is_faulty(std::string_view name) const {
    const Given* given = find(name);
    return given != nullptr && given->faulty;
  }
};

}  // namespace penstock::topology
