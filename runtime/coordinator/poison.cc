#include "runtime/coordinator/poison.h"

#include <fmt/core.h>

#include "runtime/checkpoint/input_words.h"
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
  const std::string inputs = checkpoint::on_its_way_in_words(*job.work.plan, poison);
  const std::string where = !inputs.empty()          ? inputs
                            : work.partition.empty() ? "node " + node_name(job, work.chain, work.node)
                            : work.first < 0         ? fmt::format("{}, {}", source, work.partition)
                                                     : fmt::format("{}, {} at {}", source, work.partition, work.first);
  proto::Error cause = error(
      "record_ends_process",
      fmt::format("{} workers have died at work on the same record: {}{}; the log of the worker says of what; take the "
                  "record away or mend the node, then: penstock submit --from {}",
                  poison.times, in_words(job, work), checkpoint::inputs_in_words(*job.work.plan, poison), job.id),
      where);
  cause.set_restart_helps(false);
  return cause;
}

bool goes_one_at_a_time(const Job& job, std::uint32_t attempt) {
  return job.recovery.one_at_a_time_from != 0 && attempt >= job.recovery.one_at_a_time_from;
}

}  // namespace

void ask_for_work(Turn& turn, Job& job, const std::string& worker) {
  const Checkpoints::Place& place = job.checkpoints.place;
  ReadWork read{job.id, place.store, place.job, job.attempt, worker, {}};
  if (goes_one_at_a_time(job, job.attempt))
    for (const Part& part : job.parts)
      if (part.worker != worker) read.others.push_back(part.worker);
  turn.actions.emplace_back(std::move(read));
}

void on_work_read(Turn& turn, Job& job, const WorkRead& read) {
  if (job.step > Step::kRunning) return;
  std::uint32_t& latest = job.recovery.latest_deaths[read.worker];
  if (read.attempt <= latest) return;
  latest = read.attempt;
  std::size_t shown = 0;
  for (const WorkedOn& work : read.work) {
    if (!is_of_plan(job, work)) continue;
    const AtWork& counted = job.recovery.deaths.add(work, goes_one_at_a_time(job, read.attempt), read.inputs);
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
  job.recovery.latest_deaths.clear();
  job.recovery.one_at_a_time_from = 0;
}

std::string most_suspect(const Job& job) {
  const AtWork* most = job.recovery.deaths.most_suspect();
  if (most == nullptr) return "";
  return fmt::format("; at work in {} of the processes that died was {}{}", most->times, in_words(job, most->work),
                     checkpoint::inputs_in_words(*job.work.plan, *most));
}

}  // namespace penstock::coordinator
