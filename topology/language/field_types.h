/// Types as a schema writes them: int64!, [string], timestamp(millis).
#pragma once

#include <optional>
#include <string>

#include "runtime/record/schema.h"
#include "topology/yaml/report.h"
#include "topology/yaml/tree.h"

namespace penstock::topology {

struct FieldType {
  record::Type type;
  bool nullable = true;
  std::string unit;  ///< "seconds", "millis", "micros", "nanos" for timestamps read from integers; else empty.
};

/// nullopt: reported.
std::optional<FieldType> read_field_type(const YamlNode& node, Report& report);

/// True when rows may have a field of this name: letters, digits, _ and more, but no control characters or quotes.
bool is_field_name(const std::string& name);

}  // namespace penstock::topology
