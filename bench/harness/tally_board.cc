#include "bench/harness/tally_board.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <new>
#include <string>

#include "runtime/base/check.h"

namespace penstock::bench {
namespace {

constexpr const char* kVariable = "PENSTOCK_BENCH_TALLY";

void* map(int memory) {
  void* at = mmap(nullptr, sizeof(TallyBoard), PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
  return at == MAP_FAILED ? nullptr : at;
}

}  // namespace

OwnTallyBoard::OwnTallyBoard(std::string_view first, std::string_view second)
    : memory_(memfd_create("penstock-bench", MFD_CLOEXEC)) {
  CHECK(memory_ >= 0 && ftruncate(memory_, sizeof(TallyBoard)) == 0);
  void* at = map(memory_);
  CHECK(at != nullptr);
  board_ = new (at) TallyBoard;
  first.copy(board_->sinks[0].name.data(), board_->sinks[0].name.size() - 1);
  second.copy(board_->sinks[1].name.data(), board_->sinks[1].name.size() - 1);
  setenv(kVariable, ("/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(memory_)).c_str(), 1);
}

OwnTallyBoard::~OwnTallyBoard() {
  unsetenv(kVariable);
  munmap(board_, sizeof(TallyBoard));
  close(memory_);
}

TallyBoard* tally_board_of_parent() {
  const char* path = std::getenv(kVariable);
  if (path == nullptr) return nullptr;
  const int memory = open(path, O_RDWR | O_CLOEXEC);
  void* at = memory < 0 ? nullptr : map(memory);
  close(memory);
  return static_cast<TallyBoard*>(at);
}

}  // namespace penstock::bench
