/// What the tests of sources share: a node as the planner would leave it, a directory of their own, reading to the end.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "operators/sources/register.h"
#include "tests/support/fake_context.h"

namespace penstock::operators {

class SourceTest : public ::testing::Test {
 protected:
  SourceTest() {
    node.name = "in";
    node.kind = topology::NodeKind::kSource;
    node.format = "text";
    node.schema.fields = {{"line", {record::Kind::kString, record::Kind::kNull}, true}};
    std::string pattern = ::testing::TempDir() + "penstock-XXXXXX";
    directory = mkdtemp(pattern.data());
  }
  ~SourceTest() override { std::filesystem::remove_all(directory); }

  std::string write_file(const std::string& name, const std::string& text, bool append = false) {
    const std::string path = directory + "/" + name;
    std::ofstream(path, append ? std::ios::app : std::ios::trunc) << text;
    return path;
  }

  base::Result<std::unique_ptr<api::Source>> make(api::TaskPlace place = {}) {
    api::Registry registry;
    register_sources(registry);
    return registry.sources.at(node.verb)(api::NodeSpec{node, {}, place});
  }
  /// Made and opened.
  std::unique_ptr<api::Source> open(support::FakeContext& in, api::TaskPlace place = {}) {
    auto source = make(place);
    EXPECT_TRUE(source.has_value()) << source.error().text;
    const auto opened = (*source)->open(in);
    EXPECT_TRUE(opened.has_value()) << opened.error().text;
    return std::move(*source);
  }
  /// The error of opening.
  base::Error open_error(api::TaskPlace place = {}) {
    support::FakeContext unused;
    auto source = make(place);
    if (!source) return source.error();
    const auto opened = (*source)->open(unused);
    EXPECT_FALSE(opened.has_value());
    return opened ? base::Error{} : opened.error();
  }
  /// Reads one partition until it is idle or done.
  static api::Step read_on(api::Source& source, support::FakeContext& in, api::PartitionId partition,
                           std::uint32_t max_rows = 1000) {
    for (;;) {
      source.poll(in);
      const api::Step step = source.read(partition, max_rows, in);
      if (step != api::Step::kProgress) return step;
    }
  }

  topology::PlanNode node;
  support::FakeContext context;
  std::string directory;
};

}  // namespace penstock::operators
