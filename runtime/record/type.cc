#include "runtime/record/type.h"

namespace penstock::record {

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::kNull:
      return "null";
    case Kind::kBool:
      return "bool";
    case Kind::kInt64:
      return "int64";
    case Kind::kFloat64:
      return "float64";
    case Kind::kString:
      return "string";
    case Kind::kBytes:
      return "bytes";
    case Kind::kTimestamp:
      return "timestamp";
    case Kind::kDuration:
      return "duration";
    case Kind::kList:
      return "list";
  }
  return "?";
}

std::string to_string(Type type) {
  if (type.kind != Kind::kList) return std::string(to_string(type.kind));
  return "[" + std::string(to_string(type.element)) + "]";
}

}  // namespace penstock::record
