#include <simdjson.h>

#include "runtime/base/number_text.h"
#include "runtime/expression/json_text.h"
#include "runtime/expression/kernels.h"
#include "runtime/expression/list_builder.h"
#include "runtime/expression/rowwise.h"
#include "topology/expression/literal_arguments.h"

namespace penstock::expression {
namespace {

using record::Text;
namespace dom = simdjson::dom;

struct JsonPrepared final : Prepared {
  std::vector<topology::PathStep> path;
  dom::parser parser;
};

/// What stands at the path. kNull: nothing does. kParseFailed: the text is not JSON.
std::uint8_t find(JsonPrepared& prepared, Text text, dom::element& found) {
  if (prepared.parser.parse(text.data(), text.size()).get(found) != simdjson::SUCCESS) return kParseFailed;
  for (const topology::PathStep& step : prepared.path) {
    const auto next = step.index < 0 ? found[step.key] : found.at(static_cast<std::size_t>(step.index));
    if (next.get(found) != simdjson::SUCCESS) return kNull;
  }
  return found.is_null() ? kNull : kValid;
}

/// A text as it is, anything else as JSON.
Text element_text(dom::element element, record::TextArena& arena) {
  std::string_view text;
  if (element.get(text) == simdjson::SUCCESS) return arena.copy(text);
  char buffer[32];
  std::int64_t integer = 0;
  double real = 0;
  if (element.get(integer) == simdjson::SUCCESS) return arena.copy({buffer, base::format_int64(integer, buffer)});
  if (element.is_double() && element.get(real) == simdjson::SUCCESS) {
    return arena.copy({buffer, base::format_float64(real, buffer)});
  }
  return arena.copy(simdjson::minify(element));
}

std::uint8_t json(Call& call, Text& out, const Text& text, const Text&) {
  dom::element found;
  const std::uint8_t state = find(static_cast<JsonPrepared&>(*call.instruction.prepared), text, found);
  if (state == kValid) out = element_text(found, call.arena());
  return state;
}

std::uint8_t push_elements(dom::array elements, ListBuilder<Text>& pieces, record::TextArena& arena) {
  for (const dom::element element : elements) {
    if (element.is_null())
      pieces.push({}, kNull);
    else
      pieces.push(element_text(element, arena));
  }
  return kValid;
}

void json_list(const Instruction& instruction, Machine& machine) {
  combine_states(instruction, machine);
  Register& target = *instruction.out;
  auto& prepared = static_cast<JsonPrepared&>(*instruction.prepared);
  std::uint8_t* state = machine.writable_state(target);
  ListBuilder<Text> pieces(target, machine);
  for (std::uint32_t k = 0; k < machine.count; ++k) {
    dom::element found;
    if (state[k] == kValid) state[k] = find(prepared, instruction.args[0]->in<Text>()[k], found);
    dom::array elements;
    if (state[k] == kValid) {
      state[k] = found.get(elements) == simdjson::SUCCESS ? push_elements(elements, pieces, machine.arena) : kNull;
    }
    pieces.close(k);
  }
  pieces.finish();
}

template <Instruction::Kernel K>
void choose_json(Instruction& instruction) {
  const Register& text = *instruction.args[1];
  if (!text.constant) return;
  auto prepared = std::make_unique<JsonPrepared>();
  auto path = topology::parse_json_path(text.column.is_null(0) ? Text("$") : text.in<Text>()[0]);
  if (!path) return;
  prepared->path = std::move(*path);
  instruction.prepared = std::move(prepared);
  instruction.kernel = K;
}

struct RowPrepared final : Prepared {
  std::vector<std::string> names;  ///< `"name":`, escaped.
  std::string row;
};

void to_json(const Instruction& instruction, Machine& machine) {
  auto& prepared = static_cast<RowPrepared&>(*instruction.prepared);
  instruction.out->column.state = nullptr;
  auto* out = machine.out<Text>(*instruction.out);
  for (std::uint32_t k = 0; k < machine.count; ++k) {
    prepared.row = "{";
    for (std::size_t i = 0; i < instruction.args.size(); ++i) {
      if (i > 0) prepared.row += ',';
      prepared.row += prepared.names[i];
      append_json(prepared.row, instruction.args[i]->column, k);
    }
    prepared.row += '}';
    out[k] = machine.arena.copy(prepared.row);
  }
}

void choose_to_json(Instruction& instruction) {
  auto prepared = std::make_unique<RowPrepared>();
  for (std::size_t i = 0; i < instruction.expr->args.size(); i += 2) {
    std::string& name = prepared->names.emplace_back();
    append_json_text(name, std::get<std::string>(instruction.expr->args[i]->literal));
    name += ':';
  }
  instruction.prepared = std::move(prepared);
  instruction.kernel = to_json;
  instruction.per_run = true;
}

constexpr KernelEntry kTable[] = {
    {"json", "string, string -> string? or error", choose_json<Rowwise<json>::run>},
    {"json_list", "string, string -> [string]? or error", choose_json<json_list>},
    {"to_json", "-> string", choose_to_json},
};

}  // namespace

std::span<const KernelEntry> json_kernels() { return kTable; }

}  // namespace penstock::expression
