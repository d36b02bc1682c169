#include "runtime/coordinator/poison.h"

#include <fmt/core.h>

#include "runtime/coordinator/job_end.h"

namespace penstock::coordinator {
namespace {

using checkpoint::WorkedOn;
using AtWork = checkpoint::Deaths::AtWork;

constexpr std::size_t kMostShown = 4;  // Of the tasks of one worker.

const std::string& node_name(const Job& job, std::uint32_t chain, std::uint32_t position) {
  return job.work.plan->nodes[static_cast<std::size_t>(job.work.plan->chains[chain].nodes[position])].name;
}

bool is_of_plan(const Job& job, const WorkedOn& work) {
  const auto& chains = job.work.plan->chains;
  return work.chain < chains.size() && work.node < chains[work.chain].nodes.size();
}

std::string in_words(const Job& job, const WorkedOn& work) {
  return checkpoint::in_words(work, node_name(job, work.chain, work.node), node_name(job, work.chain, 0));
}

proto::Error poisoned(const Job& job, const AtWork& poison) {
  const WorkedOn& work = poison.work;
  const std::string source = node_name(job, work.chain, 0);
  const std::string where = work.partition.empty() ? "node " + node_name(job, work.chain, work.node)
                            : work.first < 0       ? fmt::format("{}, {}", source, work.partition)
                                                   : fmt::format("{}, {} at {}", source, work.partition, work.first);
  proto::Error cause = error(
      "record_ends_process",
      fmt::format("{} workers have died at work on the same record: {}; the log of the worker says of what; take the "
                  "record away or mend the node, then: penstock submit --from {}",
                  poison.times, in_words(job, work), job.id),
      where);
  cause.set_restart_helps(false);
  return cause;
}

}  // namespace

void ask_for_work(Turn& turn, Job& job, const std::string& worker) {
  const Checkpoints::Place& place = job.checkpoints.place;
  turn.actions.emplace_back(ReadWork{job.id, place.store, place.job, job.attempt, worker});
}

void on_work_read(Turn& turn, Job& job, const WorkRead& read) {
  if (job.step > Step::kRunning) return;
  const std::uint32_t from = job.recovery.one_at_a_time_from;
  std::size_t shown = 0;
  for (const WorkedOn& work : read.work) {
    if (!is_of_plan(job, work)) continue;
    const AtWork& counted = job.recovery.deaths.add(work, from != 0 && read.attempt >= from);
    if (++shown <= kMostShown)
      turn.note(job, "warn", fmt::format("when worker '{}' died, at work was {}", read.worker, in_words(job, work)));
    if (counted.is_the_record()) return fail(turn, job, poisoned(job, counted), turn.now);
  }
}

void look_closer_where_needed(Turn& turn, Job& job) {
  Recovery& recovery = job.recovery;
  if (!recovery.deaths.need_a_closer_look() || recovery.one_at_a_time_from != 0) return;
  recovery.one_at_a_time_from = job.attempt;
  turn.note(job, "info", "goes one row at a time until it gets further, to find the record that ends its workers");
}

void forget_at_work(Job& job) {
  job.recovery.deaths.clear();
  job.recovery.one_at_a_time_from = 0;
}

std::string most_suspect(const Job& job) {
  const AtWork* most = job.recovery.deaths.most_suspect();
  if (most == nullptr) return "";
  return fmt::format("; at work in {} of the processes that died was {}", most->times, in_words(job, most->work));
}

}  // namespace penstock::coordinator
