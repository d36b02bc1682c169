#include <algorithm>

#include "topology/check/check_operator.h"
#include "topology/check/connectors.h"
#include "topology/expression/functions.h"
#include "topology/language/read_table.h"

namespace penstock::topology {
namespace {

const CheckedTable* find_table(const Given& given, NodeCheck& check) {
  const std::string name = given.as<std::string>() != nullptr ? *given.as<std::string>() : "";
  std::vector<std::string> names;
  for (const CheckedTable& table : check.tables) {
    if (table.table.name == name) return &table;
    names.push_back(table.table.name);
  }
  if (given.faulty) return nullptr;
  check.report.error("unknown_table", given.node->place, given.node->hidden("there is no table '" + name + "'"),
                     names.empty() ? "declare it under tables:" : nearest_hint(name, names));
  return nullptr;
}

/// Takes `a = t.x and b = t.y` apart: for each key field of the table the input field that must equal it.
class Match {
 public:
  Match(const CheckedTable& table, int input_fields) : table_(table.table), input_fields_(input_fields) {
    fields_.assign(table_.key.size(), -1);
  }

  /// False: something other than an equality of a field and a key field.
  bool take(const Expr& condition) {
    if (condition.op == Expr::Op::kAnd)
      return std::all_of(condition.args.begin(), condition.args.end(), [&](const ExprPtr& arg) { return take(*arg); });
    if (condition.op != Expr::Op::kCall || condition.function->name != "=") return false;
    const Expr& left = *condition.args[0];
    const Expr& right = *condition.args[1];
    if (left.op != Expr::Op::kField || right.op != Expr::Op::kField) return false;
    return equal(left.field, right.field) || equal(right.field, left.field);
  }

  bool complete() const { return std::find(fields_.begin(), fields_.end(), -1) == fields_.end(); }
  const std::vector<int>& fields() const { return fields_; }
  std::string keys() const {
    std::string text;
    for (const int key : table_.key) text += (text.empty() ? "" : ", ") + table_.schema[key].name;
    return text;
  }

 private:
  bool equal(int input_field, int table_field) {
    if (input_field >= input_fields_ || table_field < input_fields_) return false;
    const auto at = std::find(table_.key.begin(), table_.key.end(), table_field - input_fields_);
    if (at == table_.key.end()) return false;
    fields_[static_cast<std::size_t>(at - table_.key.begin())] = input_field;
    return true;
  }

  const PlanTable& table_;
  int input_fields_;
  std::vector<int> fields_;
};

bool read_match(const Given& given, const Scope& scope, Match match, NodeCheck& check) {
  if (given.faulty) return false;
  const ExprPtr condition = check_scalar(*given.node, scope, record::Type{record::Kind::kBool}, check.report);
  if (condition == nullptr) return false;
  if (!match.take(*condition)) {
    check.report.error("bad_match", given.node->place,
                       "'match' joins fields of the input with key fields of the table, of the same type, by = and and",
                       "the key of this table is: " + match.keys() + "; other conditions go into a filter after it");
    return false;
  }
  if (!match.complete()) {
    check.report.error("bad_match", given.node->place, "'match' must name every key field of the table",
                       "they are: " + match.keys());
    return false;
  }
  check.node().key = match.fields();
  return true;
}

/// With `kind: left` whatever comes from the table may be null.
Scope make_scope(const record::Schema& input, const PlanTable& table, bool left) {
  Scope scope = Scope::of(input);
  scope.append(table.schema, table.name);
  for (std::size_t i = input.fields.size(); left && i < scope.entries.size(); ++i) scope.entries[i].nullable = true;
  return scope;
}

}  // namespace

Stream check_lookup(NodeCheck& check) {
  Stream out = check.checked.input;
  const record::Schema input = check.input();
  out.schema.reset();
  const GivenTable* lookup = check.verb().table();
  if (lookup == nullptr) return out;
  const CheckedTable* table = find_table(*lookup->find("table"), check);
  if (table == nullptr || !table->usable) return out;
  check.node().table = table->table;
  const std::string kind = lookup->text("kind", "inner");
  check.node().params.set("kind", kind);
  const bool matched =
      read_match(*lookup->find("match"), make_scope(input, table->table, false), Match(*table, input.size()), check);
  const Given* add = check.fields().find("add");
  if (add == nullptr) {
    check.node().params.set("add", NamedExprs{});
    if (matched) out.schema = input;
    return out;
  }
  auto named = check_named(*add, make_scope(input, table->table, kind == "left"), check.report);
  if (!named || !all_typed(*add, *named, check.report)) return out;
  out.schema = input;
  add_fields(*named, *out.schema);
  check.node().params.set("add", std::move(*named));
  return out;
}

}  // namespace penstock::topology
