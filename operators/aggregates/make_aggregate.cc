#include "operators/aggregates/make_aggregate.h"

#include <string_view>
#include <utility>

#include "operators/aggregates/chosen_rows.h"
#include "operators/aggregates/collected.h"
#include "operators/aggregates/count_and_sum.h"
#include "operators/aggregates/distinct.h"
#include "operators/aggregates/extremes.h"
#include "operators/aggregates/moments.h"
#include "topology/expression/functions.h"

namespace penstock::operators {
namespace {

using Made = base::Result<std::unique_ptr<Aggregate>>;
using topology::AggregateCall;

template <class Accumulator>
std::unique_ptr<Aggregate> made(Accumulator accumulator = {}) {
  return std::make_unique<AggregateOf<Accumulator>>(std::move(accumulator));
}

record::Kind kind_of(const AggregateCall& call, std::size_t argument) { return call.args[argument]->type.kind; }

std::unique_ptr<Aggregate> make_count(const AggregateCall& call) {
  if (call.args.empty()) return made<CountRows>();
  if (!call.distinct) return made<CountValues>();
  return with_cells(kind_of(call, 0), [](auto cells) { return made<CountDistinct<decltype(cells)>>(); });
}

template <bool kGreatest>
std::unique_ptr<Aggregate> make_extreme(const AggregateCall& call, bool takes_back) {
  return with_cells(kind_of(call, 0), [&](auto cells) {
    using Cells = decltype(cells);
    return takes_back ? made<RetractableExtreme<Cells, kGreatest>>() : made<Extreme<Cells, kGreatest>>();
  });
}

template <bool kLast>
std::unique_ptr<Aggregate> make_by_time(const AggregateCall& call) {
  return with_cells(kind_of(call, 0), [](auto cells) { return made<ByTime<decltype(cells), kLast>>(); });
}

template <bool kGreatest>
std::unique_ptr<Aggregate> make_by_other(const AggregateCall& call) {
  return with_cells(kind_of(call, 0), [&](auto x) {
    return with_cells(kind_of(call, 1), [](auto y) { return made<ByOther<decltype(x), decltype(y), kGreatest>>(); });
  });
}

Made make_percentile(const AggregateCall& call) {
  const double* share =
      call.args[1]->op == topology::Expr::Op::kLiteral ? std::get_if<double>(&call.args[1]->literal) : nullptr;
  if (share == nullptr || !(*share >= 0 && *share <= 1))
    return base::fail("bad_argument", "the share of " + call.text + " must be a constant from 0 to 1, such as 0.99");
  return made(Percentile{*share});
}

}  // namespace

base::Result<std::unique_ptr<Aggregate>> make_aggregate(const AggregateCall& call, bool takes_back) {
  const std::string_view name = call.function->name;
  if (takes_back && !topology::takes_rows_back(*call.function))  // The checker has refused it before.
    return base::fail("updates_refused", call.text + " cannot take rows back, and its input has updates");
  if (call.distinct && name != "count")
    return base::fail("distinct_refused", "distinct is for count(distinct x) only, not for " + call.text);
  if (name == "count") return make_count(call);
  if (name == "sum") {
    if (kind_of(call, 0) == record::Kind::kFloat64) return made<FloatSum>();
    return made<IntSum>();
  }
  if (name == "min") return make_extreme<false>(call, takes_back);
  if (name == "max") return make_extreme<true>(call, takes_back);
  if (name == "avg") return made<Mean>();
  if (name == "stddev") return made<Moments>();
  if (name == "first") return make_by_time<false>(call);
  if (name == "last") return make_by_time<true>(call);
  if (name == "min_by") return make_by_other<false>(call);
  if (name == "max_by") return make_by_other<true>(call);
  if (name == "list")
    return with_cells(kind_of(call, 0), [](auto cells) { return made<Collected<decltype(cells)>>(); });
  if (name == "approx_distinct")
    return with_cells(kind_of(call, 0), [](auto cells) { return made<ApproxDistinct<decltype(cells)>>(); });
  if (name == "percentile") return make_percentile(call);
  return base::fail("unknown_aggregate", "there is no aggregate function " + std::string(name), {},
                    base::Origin::kInternal);
}

}  // namespace penstock::operators
