/// Every topology that is handed out loads.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "topology/loader.h"

namespace penstock::topology {
namespace {

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(Examples, AllLoadAtEveryParallelism) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(PENSTOCK_SOURCE_DIR "/topology/examples")) {
    if (entry.path().extension() != ".yaml") continue;
    const std::string text = read_file(entry.path());
    for (const int parallelism : {1, 2, 3}) {
      LoadOptions options;
      options.parallelism = parallelism;
      const auto loaded = load(text, options);
      const auto* faults = std::get_if<std::vector<Diagnostic>>(&loaded);
      EXPECT_EQ(faults, nullptr) << render(*faults, entry.path().filename().string(), text);
    }
    ++count;
  }
  EXPECT_GE(count, 8);
}

}  // namespace
}  // namespace penstock::topology
