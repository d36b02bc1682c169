#include "tools/penstock/job_ending.h"

namespace penstock::tools {

int verb_cancel(const JobOptions& options) { return end_job(Ending::kCancel, options); }

}  // namespace penstock::tools
