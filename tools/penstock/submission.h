/// What `submit` sends: the topology's text, every ${NAME} value its plan rests on, where relative paths start, and the
/// tables that are here. Workers plan the same text with the same values and see nothing of the submitter's
/// environment.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "proto/control.pb.h"
#include "proto/messages.h"
#include "runtime/base/error.h"
#include "tools/penstock/topology_file.h"

namespace penstock::tools {

struct Submission {
  proto::Submit submit;
  std::vector<std::string> notes;  ///< For people: what the workers must have themselves.
};

/// Codes: table_unreadable, tables_too_large (each names table and path). `directory`: where relative paths start.
base::Result<Submission> submission_of(const LoadedFile& file, const TopologyOptions& options,
                                       const std::string& directory, std::size_t most_bytes = proto::kMaxShippedBytes);

}  // namespace penstock::tools
