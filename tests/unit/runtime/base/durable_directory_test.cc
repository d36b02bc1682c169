#include "runtime/base/durable_directory.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace penstock::base {
namespace {
namespace fs = std::filesystem;

class DurableDirectory : public testing::Test {
 protected:
  DurableDirectory() { fs::create_directories(root_); }
  ~DurableDirectory() override { fs::remove_all(root_); }

  Result<void> make(const std::string& path) {
    return make_directory_durably(path, {.sync =
                                             [this](const std::string& directory) {
                                               synced_.push_back(fs::relative(directory, root_).string());
                                               there_.push_back(fs::exists(root_ / "a/b"));
                                               return directory == fails_ ? fail("sync", directory) : Result<void>();
                                             },
                                         .cannot_make = [](const std::string& directory, int error) -> Result<void> {
                                           return fail(std::to_string(error), directory);
                                         }});
  }

  fs::path root_ = fs::path(testing::TempDir()) / ("durable_directory." + std::to_string(getpid()));
  std::vector<std::string> synced_;  // Seen from root_.
  std::vector<bool> there_;          // At each sync: whether a/b is there.
  std::string fails_;
};

TEST_F(DurableDirectory, MakesEachLevelOnceTheOneAboveLasts) {
  ASSERT_TRUE(make((root_ / "a/b/c/").string()));
  EXPECT_TRUE(fs::is_directory(root_ / "a/b/c"));
  EXPECT_EQ(synced_, (std::vector<std::string>{"..", ".", "a", "a/b"}));
  EXPECT_EQ(there_, (std::vector<bool>{false, false, true, true}));
}

TEST_F(DurableDirectory, SyncsTheNameOfOneThatIsThere) {
  fs::create_directories(root_ / "a");
  ASSERT_TRUE(make((root_ / "a").string()));
  EXPECT_EQ(synced_, std::vector<std::string>{"."});
}

TEST_F(DurableDirectory, EndsAtASyncThatFails) {
  fails_ = root_.string();
  const auto made = make((root_ / "a/b").string());
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, "sync");
  EXPECT_FALSE(fs::exists(root_ / "a/b"));
}

TEST_F(DurableDirectory, SaysWhatIsInTheWay) {
  std::ofstream(root_ / "file");
  for (const char* path : {"file", "file/below"}) {
    const auto made = make((root_ / path).string());
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, std::to_string(ENOTDIR));
    EXPECT_EQ(made.error().text, (root_ / "file").string());
  }
}

TEST_F(DurableDirectory, TakesARelativePath) {
  const fs::path before = fs::current_path();
  fs::current_path(root_);
  const auto made = make("a/./b//c");
  fs::current_path(before);
  ASSERT_TRUE(made);
  EXPECT_TRUE(fs::is_directory(root_ / "a/b/c"));
}

TEST_F(DurableDirectory, FollowsALinkBeforeItGoesUp) {
  fs::create_directories(root_ / "there/deep");
  fs::create_directory_symlink("there/deep", root_ / "link");
  ASSERT_TRUE(make((root_ / "link/../made").string()));
  EXPECT_TRUE(fs::is_directory(root_ / "there/made"));
}

}  // namespace
}  // namespace penstock::base
