/// What the states of jobs and workers are called, in tables and in JSON alike. Pure.
#pragma once

#include <string>
#include <string_view>

#include "proto/control.pb.h"

namespace penstock::tools {

std::string_view word_of(proto::JobState state);              ///< "running"; "unknown" for what is not a state.
std::string_view word_of(proto::WorkerSummary::State state);  ///< "active"
std::string_view word_of(proto::Error::Origin origin);        ///< "user"

bool is_over(proto::JobState state);
bool ended_in_order(proto::JobState state);  ///< Finished, or stopped: what scripts take for success.

std::string title_of(const proto::JobSummary& job);  ///< "job 3 'rides-per-hour'"
std::string sentence(const proto::Error& error);     ///< "text [code]", with where it was.

}  // namespace penstock::tools
