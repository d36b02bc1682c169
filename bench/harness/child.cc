#include "bench/harness/child.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

namespace penstock::bench {
namespace {

bool write_all(int to, const char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t n = write(to, bytes, size);
    if (n <= 0) return false;
    bytes += n;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

bool read_all(int from, char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t n = read(from, bytes, size);
    if (n <= 0) return false;
    bytes += n;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

}  // namespace

bool run_in_child(void* answer, std::size_t size, const std::function<bool(void*)>& work) {
  int ends[2];
  if (pipe(ends) != 0) return false;
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child < 0) return false;
  if (child == 0) {
    close(ends[0]);
    const bool good = work(answer) && write_all(ends[1], static_cast<const char*>(answer), size);
    std::fflush(nullptr);
    _exit(good ? 0 : 1);
  }
  close(ends[1]);
  const bool complete = read_all(ends[0], static_cast<char*>(answer), size);
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) std::fprintf(stderr, "bench: a measuring process died of signal %d\n", WTERMSIG(status));
  return complete && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace penstock::bench
