/// What penstock_failpoints links for runtime/base/failpoint.cc. The environment says what happens, and where:
///
///   PENSTOCK_FAILPOINTS      [AFTER>]NAME=kill|freeze|hang[@N], separated by commas. At the N-th passing (1 when
///   nothing
///                            is said) of NAME, counted from the first passing of AFTER where there is one. `hang`
///                            holds up for ever the one thread that passes.
///   PENSTOCK_FAILPOINTS_LOG  A file to which each passing adds a line: its name, and how often it was passed.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/failpoint.h"

namespace penstock::base {
namespace {

struct Arm {
  std::string after, name;
  enum class What : unsigned char { kUnknown, kKill, kFreeze, kHang } what = What::kUnknown;
  long at = 1;  ///< Passings that are left until it happens.
};

/// A test that arms what is not there would pass for nothing.
[[noreturn]] void refuse(const std::string& text) {
  std::fprintf(stderr, "PENSTOCK_FAILPOINTS: '%s' is not [AFTER>]NAME=kill|freeze|hang[@N]\n", text.c_str());
  std::_Exit(64);
}

Arm parse(const std::string& text) {
  Arm arm;
  const std::size_t equals = text.find('=');
  if (equals == text.npos) refuse(text);
  const std::size_t behind = text.find('>');
  if (behind < equals) arm.after = text.substr(0, behind);
  const std::size_t name = behind < equals ? behind + 1 : 0;
  arm.name = text.substr(name, equals - name);
  const std::size_t count = text.find('@', equals);
  const std::string what = text.substr(equals + 1, count == text.npos ? count : count - equals - 1);
  arm.what = what == "kill"     ? Arm::What::kKill
             : what == "freeze" ? Arm::What::kFreeze
             : what == "hang"   ? Arm::What::kHang
                                : Arm::What::kUnknown;
  if (count != text.npos) arm.at = std::atol(text.c_str() + count + 1);
  if (arm.what == Arm::What::kUnknown || arm.name.empty() || arm.at < 1) refuse(text);
  return arm;
}

class Failpoints {
 public:
  Failpoints() {
    const char* armed = std::getenv("PENSTOCK_FAILPOINTS");
    std::istringstream all(armed == nullptr ? "" : armed);
    for (std::string one; std::getline(all, one, ',');) arms_.push_back(parse(one));
    if (const char* log = std::getenv("PENSTOCK_FAILPOINTS_LOG"))
      log_ = ::open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  }

  /// The lock is held over the signal: a process that is about to be killed passes no other point meanwhile.
  void pass(std::string_view name) {
    std::unique_lock lock(mutex_);
    const long count = ++passed_[std::string(name)];
    if (log_ >= 0) dprintf(log_, "%.*s %ld\n", static_cast<int>(name.size()), name.data(), count);
    for (Arm& arm : arms_) {
      if (arm.after == name) arm.after.clear();
      if (arm.name != name || !arm.after.empty() || --arm.at != 0) continue;
      if (arm.what == Arm::What::kHang) lock.unlock();
      if (arm.what != Arm::What::kHang) kill(getpid(), arm.what == Arm::What::kKill ? SIGKILL : SIGSTOP);
      while (arm.what != Arm::What::kFreeze) pause();
    }
  }

 private:
  std::mutex mutex_;
  std::map<std::string, long> passed_;
  std::vector<Arm> arms_;
  int log_ = -1;
};

}  // namespace

void failpoint(const char* name) {
  static Failpoints failpoints;
  failpoints.pass(name);
}

}  // namespace penstock::base
