#include "bench/pipeline/process_run.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cstdio>

#include "bench/harness/places.h"
#include "bench/harness/stopwatch.h"

extern char** environ;

namespace penstock::bench {
namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

pid_t spawn(const std::string& program, const std::vector<std::string>& arguments) {
  std::vector<char*> words = {const_cast<char*>(program.c_str())};
  for (const auto& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (const int descriptor : {1, 2}) posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0);
  pid_t child = -1;
  if (posix_spawn(&child, program.c_str(), &actions, nullptr, words.data(), environ) != 0) child = -1;
  posix_spawn_file_actions_destroy(&actions);
  return child;
}

}  // namespace

std::string penstock_path() { return program_folder() + "/penstock"; }

std::optional<ProcessCost> run_penstock(const std::vector<std::string>& arguments) {
  const Stopwatch stopwatch;
  const pid_t child = spawn(penstock_path(), arguments);
  int status = 0;
  rusage usage{};
  if (child < 0 || wait4(child, &status, 0, &usage) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    std::fprintf(stderr, "bench: this did not end with status 0; run it by hand: %s", penstock_path().c_str());
    for (const auto& argument : arguments) std::fprintf(stderr, " %s", argument.c_str());
    std::fputc('\n', stderr);
    return std::nullopt;
  }
  return ProcessCost{stopwatch.elapsed().wall_seconds, seconds(usage.ru_utime) + seconds(usage.ru_stime),
                     static_cast<double>(usage.ru_maxrss) / 1024};
}

}  // namespace penstock::bench
