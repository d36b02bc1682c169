/// Where the process begins: what must be settled before any thread exists.
#include <sys/prctl.h>

#include <csignal>

#include "tools/penstock/command_line.h"

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);     // A closed consumer is an error code of a write, never the death of the process.
  ::prctl(PR_SET_NAME, "penstock");  // Those that `run --workers` starts were called exe in ps and top.
  return penstock::tools::command_line(argc, argv);
}
