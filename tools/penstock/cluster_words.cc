#include "tools/penstock/cluster_words.h"

#include <fmt/core.h>

#include "tools/penstock/terminal.h"

namespace penstock::tools {

std::string_view word_of(proto::JobState state) {
  switch (state) {
    case proto::DEPLOYING:
      return "deploying";
    case proto::JOB_RUNNING:
      return "running";
    case proto::STOPPING:
      return "stopping";
    case proto::CANCELLING:
      return "cancelling";
    case proto::FAILING:
      return "failing";
    case proto::FINISHED:
      return "finished";
    case proto::STOPPED:
      return "stopped";
    case proto::CANCELLED:
      return "cancelled";
    case proto::JOB_FAILED:
      return "failed";
    case proto::RECOVERING:
      return "recovering";
    default:
      return "unknown";
  }
}

std::string_view word_of(proto::WorkerSummary::State state) {
  switch (state) {
    case proto::WorkerSummary::ACTIVE:
      return "active";
    case proto::WorkerSummary::DRAINING:
      return "draining";
    case proto::WorkerSummary::LOST:
      return "lost";
    default:
      return "unknown";
  }
}

std::string_view word_of(proto::Error::Origin origin) {
  switch (origin) {
    case proto::Error::USER:
      return "user";
    case proto::Error::INTERNAL:
      return "internal";
    default:
      return "environment";
  }
}

bool is_over(proto::JobState state) {
  return state == proto::FINISHED || state == proto::STOPPED || state == proto::CANCELLED || state == proto::JOB_FAILED;
}

bool ended_in_order(proto::JobState state) { return state == proto::FINISHED || state == proto::STOPPED; }

std::string title_of(const proto::JobSummary& job) { return fmt::format("job {} '{}'", job.job(), job.name()); }

std::string sentence(const proto::Error& error) {
  const std::string where = error.where().empty() ? "" : fmt::format(" ({})", error.where());
  return printable(fmt::format("{}{} [{}]", error.text(), where, error.code()));
}

}  // namespace penstock::tools
