#include "operators/formats/row_plan.h"

#include <string_view>

namespace penstock::operators {
namespace {

constexpr std::string_view kUnitNames[] = {"", "seconds", "millis", "micros", "nanos"};

TimeUnit unit_named(std::string_view name) {
  for (std::size_t i = 1; i < std::size(kUnitNames); ++i)
    if (kUnitNames[i] == name) return static_cast<TimeUnit>(i);
  return TimeUnit::kText;
}

}  // namespace

std::vector<FieldPlan> plan_fields(const record::Schema& schema, const topology::Params& params) {
  const auto units = params.get<std::shared_ptr<const topology::Params>>("units");
  std::vector<FieldPlan> plan;
  for (const record::Field& field : schema.fields) {
    FieldPlan next{field.name, field.type, field.nullable, TimeUnit::kText};
    if (units != nullptr && field.type.kind == record::Kind::kTimestamp)
      next.unit = unit_named(units->text(field.name));
    if (field.type.kind == record::Kind::kList)
      next.element = std::make_shared<FieldPlan>(FieldPlan{field.name, {field.type.element, record::Kind::kNull}});
    plan.push_back(std::move(next));
  }
  return plan;
}

std::string type_text(const FieldPlan& field) {
  std::string text = record::to_string(field.type);
  if (field.unit != TimeUnit::kText) text += "(" + std::string(kUnitNames[static_cast<std::size_t>(field.unit)]) + ")";
  return text;
}

}  // namespace penstock::operators
