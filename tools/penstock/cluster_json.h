/// What the coordinator answers, as JSON for machines: names and units are those of control.proto, states are the words
/// of the tables, times are microseconds, sizes bytes. One document each. Pure.
#pragma once

#include <nlohmann/json.hpp>

#include "proto/control.pb.h"
#include "runtime/base/error.h"

namespace penstock::tools {

using Json = nlohmann::ordered_json;

Json as_json(const proto::JobSummary& job);
Json as_json(const proto::JobList& jobs);
Json as_json(const proto::WorkerList& workers);
Json as_json(const proto::JobStatus& status);
Json as_json(const proto::CheckpointSummary& checkpoint);
Json as_json(const proto::CheckpointList& checkpoints);
Json as_json(const proto::LogLine& line);
Json as_json(const proto::LogPage& page);
Json as_json(const base::Error& error);  ///< {"error": {"code", "message", ...}}

std::string document(const Json& json);  ///< On one line with its end; what is no UTF-8 is replaced, never a fault.

}  // namespace penstock::tools
