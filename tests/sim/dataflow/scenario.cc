#include "tests/sim/dataflow/scenario.h"

#include <fmt/core.h>

#include <algorithm>

namespace penstock::sim {
namespace {

constexpr std::int64_t kWindow = 40;  // Milliseconds, and so many rows.

}  // namespace

Scenario drawn_scenario(Random& random) {
  Scenario one;
  one.rows = random.between(30, 240);
  one.rate = random.one_of<std::int64_t>({150, 300});
  one.keys = random.between(1, 9);
  one.disorder = random.one_of<std::int64_t>({1, 4, 16});
  one.parallelism = random.one_of<int>({1, 1, 2, 2, 3});
  one.workers = static_cast<int>(random.between(2, 3));
  one.slots = static_cast<int>(random.between(1, 2));
  one.checkpoint_every = random.one_of<base::Micros>({30'000, 80'000, 200'000});
  one.memory_bytes = random.one_of<std::uint64_t>({1 << 16, 1 << 28});
  one.state_memory = random.one_of<std::uint64_t>({0, 0, 0, 2'000});
  one.text = random.one_of<int>({1, 40, 600});
  one.shows_rows = random.chance(0.5);
  one.shows_windows = random.chance(0.5);
  one.shows_sizes = random.chance(0.4);
  one.mishap_every = random.one_of<base::Micros>({100'000'000, 2'000'000, 700'000, 300'000});
  one.network.latency = random.one_of<base::Micros>({200, 2'000, 20'000});
  one.network.straggler = random.one_of<double>({0, 0, 0.003});
  one.network.control_lost = random.one_of<double>({0, 0, 0.02, 0.1});
  one.network.control_twice = random.one_of<double>({0, 0, 0.05});
  one.network.stray = random.one_of<double>({0, 0, 0.05});
  one.disk.sync_fails = random.one_of<double>({0, 0, 0.002});
  one.disk.write_fails = random.one_of<double>({0, 0, 0.002});
  return one;
}

/// Time goes backwards within each stretch of `disorder` rows.
std::string Scenario::topology(const std::string& output) const {
  std::string operators = "  counted: {from: s, key_by: [k], aggregate: {n: count(*), texts: count(text)}}\n";
  std::string sinks;
  const auto show = [&](const std::string& stream) {
    sinks += fmt::format("  {}_out: {{from: {}, file: {{path: {}/{}/}}, format: {{csv: {{header: false}}}}}}\n", stream,
                         stream, output, stream);
  };
  show("counted");
  if (shows_rows) {
    operators += "  rows: {from: s, map: {i: i}}\n";
    show("rows");
  }
  if (shows_windows || shows_sizes)
    operators += fmt::format(
        "  windows: {{from: s, key_by: [k], window: {{tumbling: {}ms}}, aggregate: {{c: count(*), last: max(i)}}}}\n",
        kWindow);
  if (shows_windows) show("windows");
  if (shows_sizes) {
    operators += "  sizes: {from: windows, key_by: [c], aggregate: {times: count(*)}}\n";
    show("sizes");
  }
  return fmt::format(
      "penstock: 1\nname: sim\nparallelism: {}\ncheckpoint: {{every: {}us}}\nsources:\n  s:\n"
      "    generate: {{count: {}, rate: {}/s}}\n"
      "    fields: {{i: i, k: i % {}, t: \"micros(1000 * (i - i % {} + {} - i % {}))\", "
      "text: \"substr('{}', 1, 1 + i % {})\"}}\n"
      "    event_time: {{field: t, out_of_order: 40ms}}\n"
      "operators:\n{}sinks:\n{}",
      parallelism, checkpoint_every, rows, rate, keys, disorder, disorder, disorder,
      std::string(static_cast<std::size_t>(text), 'x'), text, operators, sinks);
}

std::map<std::string, std::set<std::string>> Scenario::expected() const {
  std::map<std::string, std::set<std::string>> lines;
  std::map<std::int64_t, std::int64_t> counted, times;
  std::map<std::pair<std::int64_t, std::int64_t>, std::pair<std::int64_t, std::int64_t>> windows;
  for (std::int64_t i = 0; i < rows; ++i) {
    const std::int64_t key = i % keys;
    if (shows_rows) lines["rows"].insert(fmt::format("{}", i));
    const std::int64_t number = ++counted[key];
    lines["counted"].insert(fmt::format("{},{},{}", key, number, number));
    const std::int64_t time = i - i % disorder + disorder - i % disorder;
    auto& [count, last] = windows[{key, time / kWindow}];
    ++count;
    last = std::max(last, i);
  }
  for (const auto& [window, found] : windows) {
    if (shows_windows) lines["windows"].insert(fmt::format("{},{},{}", window.first, found.first, found.second));
    if (shows_sizes) lines["sizes"].insert(fmt::format("{},{}", found.first, ++times[found.first]));
  }
  return lines;
}

std::string Scenario::text_of() const {
  return fmt::format(
      "{} rows at {}/s, {} keys, disorder {}, parallelism {}, {} workers of {} slots, a checkpoint every {} ms, memory "
      "{}, "
      "state memory {}, text {}; a mishap every {} ms, latency {} us, stragglers {}, control lost {} twice {}, stray "
      "{}, "
      "sync fails {}, write fails {}",
      rows, rate, keys, disorder, parallelism, workers, slots, checkpoint_every / 1000, memory_bytes, state_memory,
      text, mishap_every / 1000, network.latency, network.straggler, network.control_lost, network.control_twice,
      network.stray, disk.sync_fails, disk.write_fails);
}

}  // namespace penstock::sim
