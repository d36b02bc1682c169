/// What the tests of sinks share: a node as the planner would leave it, rows of one schema, a directory of their own.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "operators/sinks/register.h"
#include "tests/support/fake_context.h"

namespace penstock::operators {

class SinkTest : public ::testing::Test {
 protected:
  SinkTest() : buffer(schema()) {
    node.name = "out";
    node.kind = topology::NodeKind::kSink;
    node.format = "json";
    std::string pattern = ::testing::TempDir() + "penstock-XXXXXX";
    directory = mkdtemp(pattern.data());
  }
  ~SinkTest() override { std::filesystem::remove_all(directory); }

  static const record::Schema& schema() {
    static const record::Schema one{{{"n", {record::Kind::kInt64, record::Kind::kNull}, true}}};
    return one;
  }
  /// Rows n = first, first + 1, ...; valid until the next call.
  record::Rows rows(std::int64_t first, std::uint32_t count) {
    buffer.clear();
    for (std::uint32_t i = 0; i < count; ++i) buffer[0].append_int(first + i);
    return buffer.rows();
  }
  api::NodeSpec spec(api::TaskPlace place = {}) { return {node, {&schema()}, place}; }
  base::Result<std::unique_ptr<api::Sink>> make(api::TaskPlace place = {}) {
    api::Registry registry;
    register_sinks(registry);
    return registry.sinks.at(node.verb)(spec(place));
  }
  std::unique_ptr<api::Sink> open(api::TaskPlace place = {}) {
    auto sink = make(place);
    EXPECT_TRUE(sink.has_value()) << sink.error().text;
    const auto opened = (*sink)->open(context);
    EXPECT_TRUE(opened.has_value()) << opened.error().text;
    return std::move(*sink);
  }
  /// Lets the blocking thread and resume() do their work.
  void settle(api::Sink& sink, api::Step step) {
    while (step == api::Step::kBlocked) {
      ASSERT_TRUE(context.run_blocking_jobs());
      step = sink.resume(context);
    }
    EXPECT_EQ(step, api::Step::kDone);
  }
  /// The barrier of `epoch`, as far as the checkpoint: false when it failed.
  bool stage(api::Sink& sink, std::uint64_t epoch) {
    saved = {};
    if (sink.idle(context) == api::Step::kBlocked) return false;
    const auto job = sink.stage(epoch, saved, context);
    return !job || job().has_value();
  }
  bool publish(api::Sink& sink, std::uint64_t epoch) {
    const auto job = sink.publish(epoch, context);
    return !job || job().has_value();
  }
  void checkpoint(api::Sink& sink, std::uint64_t epoch) {
    EXPECT_TRUE(stage(sink, epoch));
    EXPECT_TRUE(publish(sink, epoch));
  }
  /// End of input and the last checkpoint.
  void finish(api::Sink& sink, std::uint64_t epoch = 1'000) {
    EXPECT_EQ(sink.finish(context), api::Step::kDone);
    checkpoint(sink, epoch);
  }
  static std::string content(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  /// Names in the directory (or one below), sorted.
  std::vector<std::string> names(const std::string& below = "") const {
    std::vector<std::string> all;
    for (const auto& entry : std::filesystem::directory_iterator(directory + "/" + below))
      all.push_back(entry.path().filename());
    std::sort(all.begin(), all.end());
    return all;
  }

  topology::PlanNode node;
  record::RowsBuffer buffer;
  support::FakeContext context;
  api::SavedParts saved;  ///< Of the latest stage().
  std::string directory;
};

}  // namespace penstock::operators
