#include "tools/penstock/job_ending.h"

namespace penstock::tools {

int verb_stop(const JobOptions& options) { return end_job(Ending::kStop, options); }

}  // namespace penstock::tools
