/// Every file of tests/golden/diagnostics is refused with exactly the words that stand beside it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "topology/loader.h"

namespace penstock::topology {
namespace {

const std::filesystem::path kFolder = PENSTOCK_SOURCE_DIR "/tests/golden/diagnostics";

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string> names() {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder))
    if (entry.path().extension() == ".yaml") found.push_back(entry.path().stem().string());
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<Diagnostic> faults_of(const std::string& text) {
  LoadOptions options;
  options.variable = [](const std::string& name) -> std::optional<std::string> {
    if (name == "SECRET") return "hunter2";
    return std::nullopt;
  };
  auto loaded = load(text, options);
  auto* faults = std::get_if<std::vector<Diagnostic>>(&loaded);
  return faults != nullptr ? std::move(*faults) : std::vector<Diagnostic>{};
}

class Diagnostics : public testing::TestWithParam<std::string> {};

TEST_P(Diagnostics, AreShownAsExpected) {
  const std::string text = read_file(kFolder / (GetParam() + ".yaml"));
  const auto faults = faults_of(text);
  const std::string shown = render(faults, GetParam() + ".yaml", text);
  ASSERT_TRUE(
      std::any_of(faults.begin(), faults.end(), [](const auto& one) { return one.severity == Severity::kError; }));
  EXPECT_EQ(shown.find("hunter2"), std::string::npos) << "a variable's value is shown";
  const auto expected = kFolder / (GetParam() + ".expected");
  if (std::getenv("PENSTOCK_REGENERATE") != nullptr) std::ofstream(expected, std::ios::binary) << shown;
  EXPECT_EQ(shown, read_file(expected));
}

INSTANTIATE_TEST_SUITE_P(Golden, Diagnostics, testing::ValuesIn(names()), [](const auto& name) { return name.param; });

TEST(DiagnosticsFolder, HoldsManyDistinctFaults) {
  std::set<std::string> codes;
  std::set<std::string> shown;
  for (const std::string& name : names()) {
    for (const Diagnostic& one : faults_of(read_file(kFolder / (name + ".yaml")))) {
      codes.insert(one.code);
      shown.insert(one.code + one.message + one.hint);
    }
  }
  EXPECT_GE(codes.size(), 60u);
  EXPECT_GE(shown.size(), 120u);
}

}  // namespace
}  // namespace penstock::topology
