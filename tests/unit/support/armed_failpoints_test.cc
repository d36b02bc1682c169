#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "runtime/base/failpoint.h"

namespace penstock::base {
namespace {

/// How a process ends, or that it stopped itself, that passes these points with this environment.
int passes(const std::string& armed, std::initializer_list<const char*> points, const std::string& log = {}) {
  const pid_t child = fork();
  if (child == 0) {
    setenv("PENSTOCK_FAILPOINTS", armed.c_str(), 1);
    if (!log.empty()) setenv("PENSTOCK_FAILPOINTS_LOG", log.c_str(), 1);
    for (const char* point : points) failpoint(point);
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, WUNTRACED);
  if (WIFSTOPPED(status)) {
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    return WSTOPSIG(status);
  }
  return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

TEST(ArmedFailpoints, KillAtTheFirstPassing) {
  EXPECT_EQ(passes("a.b.c=kill", {"a.b.c"}), SIGKILL);
  EXPECT_EQ(passes("a.b.c=kill", {"a.b.d"}), 0);
}

TEST(ArmedFailpoints, KillAtALaterPassingOnly) {
  EXPECT_EQ(passes("a.b.c=kill@3", {"a.b.c", "a.b.c"}), 0);
  EXPECT_EQ(passes("a.b.c=kill@3", {"a.b.c", "a.b.c", "a.b.c"}), SIGKILL);
}

TEST(ArmedFailpoints, CountFromAnotherPoint) {
  EXPECT_EQ(passes("x.y.z>a.b.c=kill@2", {"a.b.c", "a.b.c", "x.y.z", "a.b.c"}), 0);
  EXPECT_EQ(passes("x.y.z>a.b.c=kill@2", {"a.b.c", "x.y.z", "a.b.c", "a.b.c"}), SIGKILL);
}

TEST(ArmedFailpoints, FreezeAndAreSeveral) {
  EXPECT_EQ(passes("a.b.c=kill@9,x.y.z=freeze", {"a.b.c", "x.y.z"}), SIGSTOP);
}

TEST(ArmedFailpoints, RefuseWhatTheyCannotRead) {
  for (const char* armed : {"a.b.c", "a.b.c=sleep", "a.b.c=kill@0", "=kill"}) EXPECT_EQ(passes(armed, {"a.b.c"}), -64);
}

TEST(ArmedFailpoints, SayWhatWasPassed) {
  const std::string log = testing::TempDir() + "passed-" + std::to_string(getpid());
  EXPECT_EQ(passes("", {"a.b.c", "x.y.z", "a.b.c"}, log), 0);
  std::ostringstream text;
  text << std::ifstream(log).rdbuf();
  EXPECT_EQ(text.str(), "a.b.c 1\nx.y.z 1\na.b.c 2\n");
  std::filesystem::remove(log);
}

}  // namespace
}  // namespace penstock::base
