/// One YAML document as data, with the place of every part and how each scalar was written. Made once, then only read.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "topology/yaml/source_text.h"

namespace penstock::topology {

struct YamlEntry;

struct YamlNode {
  enum class Kind : std::uint8_t {
    kMissing,  ///< Nothing stands behind the key.
    kScalar,
    kList,
    kMap,
    kFaulty,  ///< Refused and reported already; whoever meets it says nothing.
  };
  enum class Style : std::uint8_t { kPlain, kSingleQuoted, kDoubleQuoted, kBlock };

  Kind kind = Kind::kMissing;
  Style style = Style::kPlain;
  bool flow = false;           ///< Lists and maps in [] or {}; scalars inside such.
  bool from_variable = false;  ///< `text` holds the value of some ${NAME}: never show it, show `hidden(...)`.
  std::vector<std::pair<std::string, std::string>> variables;  ///< What was put in: "${NAME}" and its value.
  Place place;                     ///< Scalars: with their quotes. Lists and maps: the first character.
  std::string text;                ///< Scalars: after variables were put in.
  std::vector<YamlNode> items;     ///< Lists.
  std::vector<YamlEntry> entries;  ///< Maps, in the order of the file, keys distinct.

  bool is_scalar() const { return kind == Kind::kScalar; }
  bool is_map() const { return kind == Kind::kMap; }
  bool is_list() const { return kind == Kind::kList; }
  bool is_faulty() const { return kind == Kind::kFaulty; }
  /// YAML 1.2 reads this text as something other than a string where it could be (numbers, booleans, null).
  bool is_plain() const { return style == Style::kPlain || from_variable; }
  /// `words` about this scalar with each variable's value replaced by its name: values may be secrets.
  std::string hidden(std::string words) const;
};

struct YamlEntry {
  YamlNode key;  ///< A scalar, or faulty.
  YamlNode value;
};

}  // namespace penstock::topology
