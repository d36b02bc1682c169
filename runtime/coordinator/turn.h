/// One call of decide(): the state, the time, and what is to be done. Passed to every part of the decision.
#pragma once

#include <set>
#include <utility>

#include "runtime/base/utf8_text.h"
#include "runtime/coordinator/decide.h"

namespace penstock::coordinator {

struct Turn {
  State& state;
  base::Micros now;
  base::Micros wall;
  std::vector<Action>& actions;
  std::set<std::uint64_t> touched{};      ///< Jobs whose entry in the journal may have to change.
  std::vector<JournalWrite> forgotten{};  ///< Entries that go.

  void send(const std::string& peer, proto::Envelope message) { actions.emplace_back(Send{peer, std::move(message)}); }
  void tell(std::string level, std::string text) { actions.emplace_back(Tell{std::move(level), std::move(text)}); }
  /// A line of the job's own log, and of the process's.
  void note(Job& job, const std::string& level, const std::string& text) {
    proto::LogLine line;
    line.set_time_us(wall);
    line.set_level(level);
    line.set_text(base::as_utf8(text));  // It may hold the name of a file.
    touched.insert(job.id);
    job.log.lines.push_back(std::move(line));
    if (job.log.lines.size() > kMostLogLines) {
      job.log.lines.pop_front();
      ++job.log.begins;
    }
    tell(level, "job " + std::to_string(job.id) + " '" + job.name() + "': " + text);
  }
};

}  // namespace penstock::coordinator
