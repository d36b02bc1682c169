// Runs each benchmark at a small size as a user would and looks at its status and its line of JSON.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace {

struct Ended {
  int status = -1;
  std::string last_line;
};

Ended run_bench(const std::string& arguments) {
  Ended ended;
  FILE* output = popen((std::string(BENCH_PROGRAM) + " " + arguments).c_str(), "r");
  if (output == nullptr) return ended;
  std::array<char, 4096> line{};
  while (std::fgets(line.data(), line.size(), output) != nullptr) ended.last_line = line.data();
  const int status = pclose(output);
  if (WIFEXITED(status)) ended.status = WEXITSTATUS(status);
  return ended;
}

std::vector<std::string> keys_of(const std::string& line) {
  std::vector<std::string> keys;
  const auto json = nlohmann::ordered_json::parse(line, nullptr, false);
  if (!json.is_object()) return keys;
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  return keys;
}

const std::vector<std::string> kThroughputKeys = {"bench",
                                                  "events",
                                                  "parallelism",
                                                  "seconds",
                                                  "rate",
                                                  "cpu_ns_per_event",
                                                  "yardstick_cpu_ns_per_event",
                                                  "ratio",
                                                  "allocations_per_event",
                                                  "peak_rss_mb",
                                                  "checksum"};

/// The published keys come first, in their order; a benchmark may add some of its own.
void expect_right(const std::string& arguments, const std::vector<std::string>& keys) {
  const Ended ended = run_bench(arguments);
  EXPECT_EQ(ended.status, 0) << arguments;
  auto printed = keys_of(ended.last_line);
  ASSERT_GE(printed.size(), keys.size()) << ended.last_line;
  printed.resize(keys.size());
  EXPECT_EQ(printed, keys);
}

TEST(BenchAnswers, Filter) { expect_right("filter --events 1000000 --repeat 1", kThroughputKeys); }
TEST(BenchAnswers, Ysb) { expect_right("ysb --events 1000000 --repeat 1", kThroughputKeys); }
TEST(BenchAnswers, YsbOfTwoTasks) { expect_right("ysb --events 1000000 --repeat 1 --parallelism 2", kThroughputKeys); }
TEST(BenchAnswers, Words) { expect_right("words --events 200000 --repeat 1", kThroughputKeys); }
TEST(BenchAnswers, Json) { expect_right("json --events 2 --repeat 1", kThroughputKeys); }
TEST(BenchAnswers, Slide) { expect_right("slide --events 300000 --repeat 1", kThroughputKeys); }
TEST(BenchAnswers, Latency) {
  expect_right("latency --rate 1000 --seconds 2",
               {"bench", "rate", "p50_us", "p90_us", "p99_us", "p999_us", "max_us", "cpu_percent", "yardstick_p50_us",
                "yardstick_p99_us", "yardstick_p999_us", "yardstick_cpu_percent"});
}
TEST(BenchAnswers, Checkpoint) {
  expect_right("checkpoint --state 1MiB --dirty 10% --seconds 0.3 --repeat 1",
               {"bench", "state_bytes", "dirty_share", "rate_off", "rate_1s", "rate_100ms", "throughput_cost_1s",
                "throughput_cost_100ms", "cpu_ns_per_event_off", "cpu_ns_per_event_1s", "cpu_ns_per_event_100ms",
                "p99_us_off", "p99_us_1s", "p99_us_100ms", "checkpoints_1s", "checkpoints_100ms",
                "bytes_per_checkpoint_1s", "bytes_per_checkpoint_100ms"});
}
TEST(BenchAnswers, State) {
  expect_right("state --keys 100000 --repeat 1",
               {"bench", "keys", "events", "state_memory_mb", "rate", "in_memory_rate", "ratio", "cpu_ns_per_event",
                "in_memory_cpu_ns_per_event", "new_keys_rate", "in_memory_new_keys_rate", "peak_rss_mb",
                "in_memory_peak_rss_mb"});
}
TEST(BenchAnswers, Idle) { expect_right("idle --seconds 0.5", {"bench", "seconds", "cpu_percent"}); }
TEST(BenchAnswers, Startup) { expect_right("startup", {"bench", "runs", "median_ms", "min_ms", "max_ms"}); }
TEST(BenchAnswers, Size) { expect_right("size --events 1000000", {"bench", "events", "binary_bytes", "peak_rss_mb"}); }

TEST(BenchAnswers, WhatIsNoBenchmarkIsAUsageError) {
  EXPECT_EQ(run_bench("nonsense").status, 2);
  EXPECT_EQ(run_bench("filter --events many").status, 2);
  EXPECT_EQ(run_bench("filter --events").status, 2);
}
TEST(BenchAnswers, WithoutANameTheyAreListed) { EXPECT_EQ(run_bench("").status, 0); }

}  // namespace
