#include "runtime/base/check.h"

#include <execinfo.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace penstock::base {

void check_failed(const char* file, int line, const char* condition) {
  std::fprintf(stderr, "penstock: internal error at %s:%d: CHECK(%s) does not hold. Please report this.\n", file, line,
               condition);
  void* frames[64];
  backtrace_symbols_fd(frames, backtrace(frames, 64), STDERR_FILENO);
  std::abort();
}

}  // namespace penstock::base
