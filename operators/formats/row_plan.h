/// What a decoder must make of each field: the schema and, for timestamps that come as integers, their unit.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/record/schema.h"
#include "topology/expression/params.h"

namespace penstock::operators {

enum class TimeUnit : std::uint8_t { kText, kSeconds, kMillis, kMicros, kNanos };

struct FieldPlan {
  std::string name;
  record::Type type;
  bool nullable = true;
  TimeUnit unit = TimeUnit::kText;  ///< Timestamps: kText is RFC 3339, the others are integers since 1970.
  std::shared_ptr<const FieldPlan> element = {};  ///< Of lists: their elements, under the name of the list.
};

/// One FieldPlan per field; `params` may have `units` (field name -> "seconds|millis|micros|nanos").
std::vector<FieldPlan> plan_fields(const record::Schema& schema, const topology::Params& params);

/// "int64", "timestamp(millis)", "[string]": as the user wrote it.
std::string type_text(const FieldPlan& field);

}  // namespace penstock::operators
