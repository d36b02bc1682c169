/// The one table of everything an expression can call: functions, operators and aggregates, with signatures, one line
/// of documentation and an example whose result a test checks. The checker resolves against it, `penstock functions`
/// prints it, runtime/expression has a kernel for each signature.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/record/type.h"

namespace penstock::topology {

/// A parameter's or a result's type; 'T' and 'U' stand for any type but a list, the same one at each place; `any` for
/// any type, another one at each place.
struct TypePattern {
  record::Type type;     ///< kList with element kNull: a list of `variable`.
  char variable = '\0';  ///< '*': any.
  bool is_list() const { return type.kind == record::Kind::kList; }
};

/// Written `int64, int64 -> int64? or error`: `?` says that the result may be null though no argument is (a null
/// argument makes every result null), `or error` that a row may fail. `string...` is one or more.
struct Signature {
  Signature(const char* written);  // NOLINT: implicit, because the tables are lists of texts.
  std::string_view text;
  std::vector<TypePattern> parameters;
  bool variadic = false;  ///< The last parameter may repeat.
  TypePattern result;
  bool nullable = false;
  bool can_fail = false;
};

/// kForms have syntax of their own (and, case, cast ...): they are in the table to be listed, and resolved by the
/// checker.
enum class Section : unsigned char { kForms, kOperators, kText, kNumbers, kTime, kJson, kHashes, kLists, kAggregates };
std::string_view to_string(Section section);  ///< "operators", "text", ...

struct Function {
  std::string_view name;
  Section section;
  std::vector<Signature> signatures;
  std::string_view doc;
  std::string_view example;  ///< Aggregates: over the values x = 1, 2, 3, null; y = 30, 20, 10, 0.
  std::string_view example_result;
  bool strict = true;  ///< Null as soon as one argument is null.
};

/// All of them, by section. Addresses are stable for the life of the process.
const std::vector<Function>& functions();
/// nullptr: there is none, or it is a form. `name` in lower case.
const Function* find_function(std::string_view name);
inline bool is_aggregate(const Function& function) { return function.section == Section::kAggregates; }
/// An aggregate that can take a row back, so that its input may have updates.
bool takes_rows_back(const Function& aggregate);
inline bool is_operator(const Function& function) { return function.section == Section::kOperators; }

/// The signature of `function` that takes exactly these types (as in a checked call); nullptr: none.
const Signature* find_signature(const Function& function, const std::vector<record::Type>& arguments);

/// The groups of the table, one per file.
std::vector<Function> form_functions();
std::vector<Function> operator_functions();
std::vector<Function> text_functions();
std::vector<Function> number_functions();
std::vector<Function> time_functions();
std::vector<Function> json_functions();
std::vector<Function> hash_functions();
std::vector<Function> list_functions();
std::vector<Function> aggregate_functions();

}  // namespace penstock::topology
