#include "runtime/coordinator/kept_jobs.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "proto/messages.h"

namespace penstock::coordinator {
namespace {

namespace fs = std::filesystem;

tl::unexpected<base::Error> failed(const std::string& what, const std::string& path) {
  return base::fail("state_unusable", fmt::format("{} {}: {}", what, path, std::strerror(errno)), path,
                    base::Origin::kEnvironment);
}

std::string line_of(const PastJob& job) {
  proto::KeptJob kept;
  *kept.mutable_summary() = job.summary;
  for (const proto::LogLine& line : job.log) *kept.add_log() = line;
  return proto::kept_job_as_json(kept) + "\n";
}

}  // namespace

base::Result<void> KeptJobs::load(State& state) {
  if (directory_.empty()) return {};
  std::error_code error;
  fs::create_directories(directory_, error);
  if (error)
    return base::fail("state_unusable", fmt::format("cannot make {}: {}", directory_, error.message()), directory_,
                      base::Origin::kEnvironment);
  std::ifstream in(path());
  std::string line;
  std::size_t lines = 0;
  bool cut = false;
  while (std::getline(in, line)) {
    if (in.eof()) {
      cut = true;
      break;
    }
    if (auto taken = take(line, ++lines, state); !taken) return taken;
  }
  in.close();
  while (state.past.size() > kMostPastJobs) state.past.erase(state.past.begin());
  return cut || lines > 2 * kMostPastJobs ? write_anew(state) : base::Result<void>();
}

base::Result<void> KeptJobs::take(const std::string& line, std::size_t number, State& state) const {
  auto job = proto::kept_job_from_json(line);
  if (!job)
    return base::fail("state_unreadable",
                      fmt::format("{}:{} is no job that was kept: {}; move the file away to begin anew", path(), number,
                                  job.error().text),
                      path());
  PastJob past;
  past.summary = job->summary();
  past.log.assign(job->log().begin(), job->log().end());
  state.next_job = std::max(state.next_job, past.summary.job() + 1);
  state.past.insert_or_assign(past.summary.job(), std::move(past));
  return {};
}

/// Without a line that was cut off, which the next one would be glued to, and without jobs that nobody remembers.
base::Result<void> KeptJobs::write_anew(const State& state) const {
  const std::string fresh = path() + ".new";
  std::ofstream out(fresh, std::ios::trunc);
  for (const auto& [id, job] : state.past) out << line_of(job);
  out.close();
  std::error_code error;
  if (out) fs::rename(fresh, path(), error);
  if (!out || error) return failed("cannot write", fresh);
  return {};
}

base::Result<void> KeptJobs::add(const PastJob& job) const {
  if (directory_.empty()) return {};
  const std::string text = line_of(job);
  const int file = open(path().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file < 0) return failed("cannot open", path());
  const off_t before = lseek(file, 0, SEEK_END);
  const bool whole = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const bool mended = whole || (before >= 0 && ftruncate(file, before) == 0);  // Half a line would spoil the next.
  close(file);
  if (!mended) spdlog::warn("{} ends in half a line, which the next start leaves out", path());
  if (!whole) return failed("cannot write", path());
  return {};
}

}  // namespace penstock::coordinator
