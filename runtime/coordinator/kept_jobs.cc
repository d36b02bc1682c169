#include "runtime/coordinator/kept_jobs.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "proto/messages.h"

namespace penstock::coordinator {
namespace {

tl::unexpected<base::Error> failed(const std::string& what, const std::string& path) {
  return base::fail("state_unusable", fmt::format("{} {}: {}", what, path, std::strerror(errno)), path,
                    base::Origin::kEnvironment);
}

}  // namespace

base::Result<void> KeptJobs::load(State& state) {
  if (directory_.empty()) return {};
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  if (error)
    return base::fail("state_unusable", fmt::format("cannot make {}: {}", directory_, error.message()), directory_,
                      base::Origin::kEnvironment);
  std::ifstream in(path());
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (in.eof()) break;
    auto job = proto::kept_job_from_json(line);
    if (!job)
      return base::fail("state_unreadable",
                        fmt::format("{}:{} is no job that was kept: {}; move the file away to begin anew", path(),
                                    number, job.error().text),
                        path());
    PastJob past;
    past.summary = job->summary();
    past.log.assign(job->log().begin(), job->log().end());
    state.next_job = std::max(state.next_job, past.summary.job() + 1);
    state.past.insert_or_assign(past.summary.job(), std::move(past));
  }
  while (state.past.size() > kMostPastJobs) state.past.erase(state.past.begin());
  return {};
}

base::Result<void> KeptJobs::add(const PastJob& job) const {
  if (directory_.empty()) return {};
  proto::KeptJob kept;
  *kept.mutable_summary() = job.summary;
  for (const proto::LogLine& line : job.log) *kept.add_log() = line;
  const std::string text = proto::kept_job_as_json(kept) + "\n";
  const int file = open(path().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file < 0) return failed("cannot open", path());
  const bool whole = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  close(file);
  if (!whole) return failed("cannot write", path());
  return {};
}

}  // namespace penstock::coordinator
