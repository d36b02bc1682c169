#include "runtime/worker/shipped_tables.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace penstock::worker {
namespace {

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(ShippedTables, CanBeReadAsOftenAsWanted) {
  ShippedTables tables;
  const std::string large(3 << 20, 'x');
  const auto first = tables.add("data/places.csv", "id,name\n1,one\n");
  const auto second = tables.add("../../etc/passwd", large);
  ASSERT_TRUE(first && second);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(contents(*first), "id,name\n1,one\n");
    EXPECT_EQ(contents(*second), large);
  }
}

TEST(ShippedTables, HaveNoNameInTheFileSystemAndGoWithTheirOwner) {
  std::string path;
  {
    ShippedTables tables;
    path = *tables.add(std::string(1000, 'n'), "a");
    EXPECT_EQ(path.substr(0, 14), "/proc/self/fd/");
    EXPECT_TRUE(std::filesystem::exists(path));
    tables.clear();
    EXPECT_FALSE(std::filesystem::exists(path));
    path = *tables.add("again", "b");
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace penstock::worker
