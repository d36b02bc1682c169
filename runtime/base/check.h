/// "Is the program still itself?" CHECK(condition) aborts with the place and the text. Never for what a peer, a file or
/// a user said.
#pragma once

namespace penstock::base {
[[noreturn]] void check_failed(const char* file, int line, const char* condition);
}  // namespace penstock::base

#define CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::penstock::base::check_failed(__FILE__, __LINE__, #condition))
