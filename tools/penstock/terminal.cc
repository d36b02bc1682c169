#include "tools/penstock/terminal.h"

#include <fmt/core.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "tools/penstock/exit_status.h"
#include "tools/penstock/screen.h"
#include "tools/penstock/text_table.h"

namespace penstock::tools {

std::string printable(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7f) c = '?';
  return result;
}

bool is_terminal(int descriptor) { return isatty(descriptor) == 1; }

std::size_t output_width() { return is_terminal(STDOUT_FILENO) ? Screen(STDOUT_FILENO).width() : kAnyWidth; }

int print_result(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(STDOUT_FILENO, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EPIPE) {
      return kDone;
    } else if (errno != EINTR) {
      fmt::print(stderr, "penstock: cannot write to standard output: {}\n", std::strerror(errno));
      return kFailed;
    }
  }
  return kDone;
}

bool output_wanted() {
  pollfd output{STDOUT_FILENO, 0, 0};
  return poll(&output, 1, 0) <= 0 || (output.revents & POLLERR) == 0;
}

void say_next(std::string_view what) {
  if (is_terminal(STDERR_FILENO)) fmt::print(stderr, "next: {}\n", what);
}

}  // namespace penstock::tools
