#include "topology/check/connectors.h"
#include "topology/check/stream.h"
#include "topology/language/read_table.h"

namespace penstock::topology {
namespace {

bool read_key(const GivenTable& fields, PlanTable& table, Report& report) {
  const Given* key = fields.find("key");
  if (key == nullptr || key->faulty) return false;
  std::vector<const YamlNode*> names;
  if (key->node->is_scalar()) names.push_back(key->node);
  for (const YamlNode& item : key->node->items) names.push_back(&item);
  std::vector<std::string> known;
  for (const auto& field : table.schema.fields) known.push_back(field.name);
  for (const YamlNode* name : names) {
    const auto index = table.schema.index_of(name->text);
    if (!index) {
      report.error("unknown_field", name->place, name->hidden("the table has no field '" + name->text + "'"),
                   nearest_hint(name->text, known));
      return false;
    }
    table.key.push_back(*index);
  }
  return true;
}

}  // namespace

std::vector<CheckedTable> check_tables(const Shape& shape, Report& report) {
  std::vector<CheckedTable> tables;
  for (const TableShape& given : shape.tables) {
    CheckedTable checked;
    checked.shape = &given;
    checked.table.name = given.name;
    checked.table.connector = "file";
    const Given* file = given.fields.find("file");
    if (file != nullptr && file->table() != nullptr) copy_params(*file->table(), checked.table.params);
    read_format(given.fields, checked.table.format, checked.table.format_params, report);
    const Given* schema = given.fields.find("schema");
    const Given* reload = given.fields.find("reload");
    if (reload != nullptr && reload->as<std::int64_t>() != nullptr) checked.table.reload = *reload->as<std::int64_t>();
    const auto declared = schema != nullptr ? read_schema(*schema, checked.table.format_params, report) : std::nullopt;
    if (declared) {
      checked.table.schema = *declared;
      checked.usable = read_key(given.fields, checked.table, report);
    }
    tables.push_back(std::move(checked));
  }
  return tables;
}

}  // namespace penstock::topology
