/// Drives one operator of the product's registry in a test: the node is said as text (expressions, fields, rows), the
/// input is cut into runs in awkward ways, and what comes out is compared as text. THREAD: the test's.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "runtime/api/registry.h"
#include "runtime/base/check.h"
#include "runtime/record/column_buffer.h"
#include "runtime/state/memory_store.h"
#include "tests/support/fake_context.h"
#include "topology/expression/expression.h"

namespace penstock::support {

/// "id int64, name string, at timestamp, tags [string]"
inline record::Schema schema_of(const std::string& text) {
  record::Schema schema;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find(", ", at), text.size());
    const std::string field = text.substr(at, end - at);
    const std::size_t space = field.find(' ');
    std::string type = field.substr(space + 1);
    const bool list = type.front() == '[';
    if (list) type = type.substr(1, type.size() - 2);
    record::Kind kind = record::Kind::kNull;
    for (int k = 1; k < static_cast<int>(record::Kind::kList); ++k)
      if (record::to_string(static_cast<record::Kind>(k)) == type) kind = static_cast<record::Kind>(k);
    CHECK(kind != record::Kind::kNull);
    schema.fields.push_back(
        {field.substr(0, space), list ? record::Type{record::Kind::kList, kind} : record::Type{kind}});
    at = end + 2;
  }
  return schema;
}

/// One row of input: its cells as text (`null` for null; timestamps as microseconds) and what travels beside them.
struct InputRow {
  std::vector<std::string> cells;
  base::Micros time = base::kNoTime;
  base::Micros watermark = base::kNoTime;
  record::Change change = record::Change::kInsert;
};

inline void append_cell(record::ColumnBuffer& column, const std::string& text, record::TextArena& arena) {
  if (text == "null") return column.append_null();
  switch (column.type().kind) {
    case record::Kind::kBool:
      return column.append_bool(text == "true");
    case record::Kind::kFloat64:
      return column.append_float(std::stod(text));
    case record::Kind::kString:
    case record::Kind::kBytes:
      return column.append_text(arena.copy(text));
    default:
      return column.append_int(std::stoll(text));
  }
}

inline topology::ExprPtr expression_of(const std::string& text, const topology::Scope& scope) {
  auto checked = topology::check_expression(text, scope);
  if (auto* faults = std::get_if<std::vector<topology::ExprFault>>(&checked)) {
    std::fprintf(stderr, "%s: %s\n", text.c_str(), faults->front().message.c_str());
    CHECK(false);
  }
  return std::get<topology::ExprPtr>(checked);
}

/// A node as the planner would leave it.
struct TestNode {
  record::Schema input;
  topology::PlanNode plan;

  TestNode(const std::string& verb, const std::string& input_fields) : input(schema_of(input_fields)) {
    plan.name = "node";
    plan.verb = verb;
    topology::PlanPort main;
    main.stream = "node";
    plan.ports.push_back(main);
  }
  TestNode& output(const std::string& fields) {
    plan.ports[0].schema = schema_of(fields);
    return *this;
  }
  TestNode& port(int number, const std::string& fields) {
    topology::PlanPort added;
    added.port = number;
    added.schema = schema_of(fields);
    plan.ports.push_back(added);
    return *this;
  }
  TestNode& event_time() {
    plan.ports[0].event_time = true;
    return *this;
  }
  TestNode& key(std::vector<int> fields) {
    plan.key = std::move(fields);
    return *this;
  }
  topology::ExprPtr expression(const std::string& text) const {
    return expression_of(text, topology::Scope::of(input));
  }
  TestNode& fields(const std::string& param, const std::vector<std::pair<std::string, std::string>>& named) {
    topology::NamedExprs all;
    for (const auto& [name, text] : named) all.emplace_back(name, text.empty() ? nullptr : expression(text));
    plan.params.set(param, std::move(all));
    return *this;
  }
  /// Call after key(); sets the output to the keys and these.
  TestNode& aggregate(const std::vector<topology::NamedText>& outputs, bool windowed) {
    auto checked = topology::check_aggregates(outputs, input, plan.key, windowed);
    if (auto* faults = std::get_if<std::vector<topology::NamedFault>>(&checked)) {
      std::fprintf(stderr, "%s\n", faults->front().fault.message.c_str());
      CHECK(false);
    }
    auto expressions =
        std::make_shared<topology::AggregateExpressions>(std::get<topology::AggregateExpressions>(checked));
    record::Schema& schema = plan.ports[0].schema;
    schema = {};
    for (const int field : plan.key) schema.fields.push_back(input[field]);
    for (const auto& one : expressions->outputs) schema.fields.push_back({one.name, one.expression->type});
    plan.params.set("aggregate", std::shared_ptr<const topology::AggregateExpressions>(std::move(expressions)));
    return *this;
  }
  TestNode& window(const std::string& type, base::Micros size, base::Micros every, const std::string& time = "event") {
    auto window = std::make_shared<topology::Params>();
    window->set("type", type);
    window->set("size", size);
    window->set("every", every);
    window->set("time", time);
    plan.params.set("window", std::shared_ptr<const topology::Params>(std::move(window)));
    return *this;
  }
};

class OperatorDriver {
 public:
  /// What it is opened with.
  struct Opening {
    api::StateStore* store = nullptr;  ///< nullptr: one of its own, in memory.
    const api::Restored* restored = nullptr;
    base::Micros now = FakeWorld().now;
  };
  OperatorDriver(const api::Registry& registry, const TestNode& node) : OperatorDriver(registry, node, Opening{}) {}
  OperatorDriver(const api::Registry& registry, const TestNode& node, const Opening& opening)
      : node_(node), input_(node.input) {
    context.world.state = opening.store == nullptr ? &store_ : opening.store;
    context.world.restored = opening.restored;
    context.world.now = opening.now;
    auto made = registry.operators.at(node.plan.verb)(api::NodeSpec{node_.plan, {&node_.input}, {}});
    if (!made) {
      refused = made.error();
      return;
    }
    operator_ = std::move(*made);
    if (auto opened = operator_->open(context); !opened) refused = opened.error();
  }

  /// How the output is refused: after this many runs per call (-1: never).
  int room = -1;
  int interruptions = 0;  ///< How often it has given others their turn.
  /// Cells between the rows that are not part of the run.
  bool with_gaps = false;
  std::uint64_t seed = 1;

  void process(const std::vector<InputRow>& rows, bool event_time = false) {
    fill(rows, event_time);
    call([&] { return operator_->process(0, rows_, context); });
  }
  /// All rows, cut into runs of `run` rows (0: at random).
  void process_cut(const std::vector<InputRow>& rows, std::size_t run, bool event_time = false) {
    std::mt19937_64 random(seed);
    for (std::size_t at = 0; at < rows.size();) {
      std::size_t size = run == 0 ? 1 + random() % 40 : run;
      size = std::min(size, rows.size() - at);
      // The two sides of an update come in one run.
      while (at + size < rows.size() && rows[at + size - 1].change == record::Change::kRetract) ++size;
      process({rows.begin() + static_cast<std::ptrdiff_t>(at), rows.begin() + static_cast<std::ptrdiff_t>(at + size)},
              event_time);
      at += size;
    }
  }
  void watermark(base::Micros watermark) {
    context.world.watermark = watermark;
    call([&] { return operator_->on_watermark(watermark, context); });
  }
  void timer(base::Micros now) {
    context.world.now = now;
    context.record.wake_at.reset();
    call([&] { return operator_->on_timer(context); });
  }
  void flush() {
    call([&] { return operator_->flush(context); });
  }
  api::Operator& op() { return *operator_; }
  api::Counters& counters() { return context.counters(); }
  const record::Rows& rows() const { return rows_; }  ///< The latest input.
  /// Lends rows without handing them in, for tests that count allocations.
  const record::Rows& fill(const std::vector<InputRow>& rows, bool event_time) {
    input_.clear();
    selection_.clear();
    std::mt19937_64 random(seed++);
    std::uint32_t cell = 0;
    for (const InputRow& row : rows) {
      for (; with_gaps && random() % 2 == 0; ++cell)
        append({std::vector<std::string>(row.cells.size(), "null"), 0, 0}, event_time);
      append(row, event_time);
      selection_.push_back(cell++);
    }
    rows_ = input_.rows(static_cast<std::uint32_t>(rows.size()));
    if (with_gaps) rows_.selection = selection_.data();
    if (!any_change_) rows_.change = nullptr;
    return rows_;
  }

  FakeContext context;
  std::optional<base::Error> refused;

 private:
  void append(const InputRow& row, bool event_time) {
    for (std::size_t i = 0; i < row.cells.size(); ++i)
      append_cell(input_[static_cast<int>(i)], row.cells[i], input_.arena());
    if (event_time) {
      input_.time().push_back(row.time);
      input_.watermark().push_back(row.watermark);
    }
    input_.change().push_back(row.change);
    any_change_ |= row.change != record::Change::kInsert;
  }
  template <class Call>
  void call(Call&& first) {
    context.world.room = room;
    api::Step step = first();
    for (int tries = 0; step == api::Step::kBlocked || step == api::Step::kProgress; ++tries) {
      CHECK(tries < 1'000'000);
      interruptions += step == api::Step::kProgress ? 1 : 0;
      context.world.room = room;
      step = operator_->resume(context);
    }
    CHECK(step == api::Step::kDone);
  }

  TestNode node_;
  state::MemoryStore store_;
  std::unique_ptr<api::Operator> operator_;
  record::RowsBuffer input_;
  std::vector<std::uint32_t> selection_;
  record::Rows rows_;
  bool any_change_ = false;
};

}  // namespace penstock::support
