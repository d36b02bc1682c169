/// `stop` and `cancel`: asks for a job's end and, where told to, waits for it. THREAD: main.
#pragma once

#include "tools/penstock/client_verbs.h"

namespace penstock::tools {

enum class Ending : unsigned char { kStop, kCancel };

/// The exit status. With `wait`, 0 only when the job has ended as it was asked to (or by itself, in order).
int end_job(Ending ending, const JobOptions& options);

}  // namespace penstock::tools
