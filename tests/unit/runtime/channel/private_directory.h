#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace penstock::channel {

/// A directory of the test's own, gone with it.
class PrivateDirectory {
 public:
  PrivateDirectory() { EXPECT_NE(mkdtemp(path_.data()), nullptr); }
  ~PrivateDirectory() { std::filesystem::remove_all(path_); }
  PrivateDirectory(const PrivateDirectory&) = delete;
  PrivateDirectory& operator=(const PrivateDirectory&) = delete;

  std::string file(const std::string& name) const { return path_ + "/" + name; }
  std::string write(const std::string& name, const std::string& text, mode_t mode = 0600) const {
    std::ofstream(file(name), std::ios::trunc) << text;
    EXPECT_EQ(chmod(file(name).c_str(), mode), 0);
    return file(name);
  }
  static std::string read(const std::string& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }

 private:
  std::string path_ = "/tmp/penstock-channel-XXXXXX";
};

}  // namespace penstock::channel
