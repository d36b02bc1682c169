/// What sliding costs beside tumbling, per event, in the operator alone: 10 s windows every 100 ms over 10,000 keys,
/// one event a microsecond, as in `bench/run slide`.
#include <time.h>

#include <cstdio>
#include <vector>

#include "operators/windows/register.h"
#include "tests/support/operator_driver.h"

namespace {

using namespace penstock;  // NOLINT: a program of one file.

class Discard final : public support::FakeContext {
 public:
  void emit(int, const record::Rows& rows) override { emitted += rows.count; }
  std::uint64_t emitted = 0;
};

double cpu_ns() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

double run(const std::vector<topology::NamedText>& outputs, const char* type, base::Micros every) {
  constexpr std::int64_t kEvents = 20'000'000;
  constexpr std::uint32_t kRun = 1024;
  support::TestNode node("aggregate", "k int64, v int64");
  node.key({0}).aggregate(outputs, true).event_time().window(type, 10'000'000, every);
  api::Registry registry;
  operators::register_windows(registry);
  auto made = registry.operators["aggregate"](api::NodeSpec{node.plan, {&node.input}, {}});
  Discard context;
  state::MemoryStore store;
  context.world.state = &store;
  if (!made || !(*made)->open(context)) return 0;
  record::RowsBuffer buffer(node.input);
  const double begin = cpu_ns();
  double filling = 0;
  for (std::int64_t at = 0; at < kEvents; at += kRun) {
    const double fill = cpu_ns();
    buffer.clear();
    for (std::int64_t i = at; i < at + kRun; ++i) {
      buffer[0].append_int(static_cast<std::int64_t>((static_cast<std::uint64_t>(i) * 0x9E3779B97F4A7C15) >> 33) %
                           10'000);
      buffer[1].append_int(i & 1023);
      buffer.time().push_back(i);
      buffer.watermark().push_back(i - 1);
    }
    record::Rows rows = buffer.rows();
    rows.may_be_late = false;
    filling += cpu_ns() - fill;
    (*made)->process(0, rows, context);
    (*made)->on_watermark(at + kRun - 1, context);
  }
  return (cpu_ns() - begin - filling) / static_cast<double>(kEvents);
}

void compare(const char* name, const std::vector<topology::NamedText>& outputs) {
  const double tumbling = run(outputs, "tumbling", 10'000'000), sliding = run(outputs, "sliding", 100'000);
  std::printf("%-22s tumbling %6.2f ns  sliding %6.2f ns  %.2fx\n", name, tumbling, sliding, sliding / tumbling);
}

}  // namespace

int main() {
  compare("count(*)", {{"n", "count(*)"}});
  compare("count(*), sum(v)", {{"n", "count(*)"}, {"s", "sum(v)"}});
  compare("count(*), max(v)", {{"n", "count(*)"}, {"m", "max(v)"}});
}
