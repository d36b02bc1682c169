#include "bench/harness/cluster_engine.h"

#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <variant>

#include "bench/harness/allocation_count.h"
#include "bench/harness/places.h"
#include "tools/penstock/cluster_run.h"
#include "tools/penstock/log.h"

namespace penstock::bench {

bool run_cluster(const ClusterJob& job, ClusterCost& cost) {
  leave_this_thread_uncounted();
  tools::set_log("warn", tools::LogFormat::kText);
  tools::TopologyOptions topology;
  topology.file = topology_path(job.topology);
  for (const auto& [name, value] : job.variables) topology.set.push_back(name + "=" + value);
  const auto file = tools::file_or_status(topology, false);
  if (!std::holds_alternative<tools::LoadedFile>(file)) return false;
  std::vector<int> processes;
  tools::ClusterRun how;
  how.workers = job.workers;
  how.slots = job.slots;
  how.tcp = job.tcp;
  how.started = [&processes](const std::vector<int>& started) { processes = started; };
  const auto outcome =
      tools::run_on_workers(std::get<tools::LoadedFile>(file), topology, how, [&](tools::WatchedJob& watched) {
        if (job.during) job.during(watched, processes);
        while (!watched.wait(-1, -1)) {
        }
      });
  cost.cost = {outcome.job.seconds, outcome.cpu_seconds};
  if (!outcome.failed()) return true;
  std::fprintf(stderr, "bench: the job did not finish: %s\n", outcome.error->text.c_str());
  return false;
}

double resident_mb(int process) {
  std::ifstream status("/proc/" + std::to_string(process) + "/statm");
  double total = 0, resident = 0;
  if (!(status >> total >> resident)) return 0;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 20);
}

}  // namespace penstock::bench
