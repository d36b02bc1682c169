#include "bench/harness/tally_sink.h"

#include "operators/builtin.h"

namespace penstock::bench {
namespace {

class TallySink : public api::Sink {
 public:
  explicit TallySink(const Tally& tally) : tally_(tally) {}
  api::Step write(const record::Rows& rows, api::Context& context) override {
    tally_(rows);
    context.counters().passed.add(rows.count);
    return api::Step::kDone;
  }

 private:
  const Tally& tally_;
};

}  // namespace

api::Registry registry_with_tally(const Tally& tally) {
  api::Registry registry = operators::builtin_registry();
  registry.sinks["discard"] = [&tally](const api::NodeSpec&) -> base::Result<std::unique_ptr<api::Sink>> {
    return std::make_unique<TallySink>(tally);
  };
  return registry;
}

}  // namespace penstock::bench
