#include "bench/harness/places.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace penstock::bench {

std::string program_folder() { return std::filesystem::read_symlink("/proc/self/exe").parent_path().string(); }

std::string topology_path(const std::string& file) {
  return std::string(PENSTOCK_SOURCE_DIR "/bench/topologies/") + file;
}

std::string data_path(const std::string& file) {
  const auto folder = std::filesystem::path(program_folder()).parent_path() / "bench-data";
  std::filesystem::create_directories(folder);
  return (folder / file).string();
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) std::fprintf(stderr, "bench: cannot read %s\n", path.c_str());
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace penstock::bench
