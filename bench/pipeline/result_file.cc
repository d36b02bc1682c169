#include "bench/pipeline/result_file.h"

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "bench/harness/places.h"

namespace penstock::bench {

ResultFile::ResultFile(const std::string& name) : path_(data_path(name + "-" + std::to_string(getpid()) + ".out")) {
  std::filesystem::remove(path_);
}

ResultFile::~ResultFile() {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

void ResultFile::each_line(const std::function<void(std::string_view)>& visit) const {
  std::ifstream file(path_, std::ios::binary);
  for (std::string line; std::getline(file, line);) visit(line);
}

bool ResultFile::each_row(const std::function<void(const nlohmann::json&)>& visit) const {
  try {
    each_line([&](std::string_view line) { visit(nlohmann::json::parse(line)); });
    return true;
  } catch (const nlohmann::json::exception& problem) {
    std::fprintf(stderr, "bench: unexpected output in %s: %s\n", path_.c_str(), problem.what());
    return false;
  }
}

}  // namespace penstock::bench
