#include "runtime/worker/snapshot_format.h"

#include <algorithm>

#include "runtime/checkpoint/plan_manifest.h"
#include "runtime/checkpoint/state_fit.h"

namespace penstock::worker {
namespace {

proto::NodeState to_proto(const task::NodeImage& node) {
  proto::NodeState out;
  out.set_node(node.node);
  out.set_flushed(node.flushed);
  for (const auto& [name, value] : node.parts) {
    proto::SavedPart& part = *out.add_parts();
    part.set_name(name);
    part.set_value(value);
  }
  for (const task::PartitionImage& partition : node.partitions) {
    proto::PartitionState& shown = *out.add_partitions();
    shown.set_name(partition.name);
    shown.set_bounded(partition.bounded);
    shown.set_watermark(partition.watermark);
    shown.set_ended(partition.ended);
    shown.set_idle(partition.idle);
    shown.set_position(partition.position);
  }
  return out;
}

task::PartitionImage from_proto(const proto::PartitionState& partition) {
  return {partition.name(),  partition.bounded(), partition.watermark(),
          partition.ended(), partition.idle(),    partition.position()};
}

const proto::NodeState* state_of(const proto::TaskSnapshot& snapshot, const std::string& node) {
  const auto at = std::find_if(snapshot.nodes().begin(), snapshot.nodes().end(),
                               [&](const proto::NodeState& state) { return state.node() == node; });
  return at == snapshot.nodes().end() ? nullptr : &*at;
}

/// As the topology file says it: "rides", "rides.errors".
std::string stream_of(const topology::Plan& plan, const topology::PlanEdge& edge) {
  const topology::PlanNode& from = plan.nodes[static_cast<std::size_t>(edge.from)];
  const auto at = std::find_if(from.ports.begin(), from.ports.end(),
                               [&](const topology::PlanPort& port) { return port.port == edge.from_port; });
  return at == from.ports.end() ? from.name : at->stream;
}

/// `wholly`: in all of its tasks.
tl::unexpected<base::Error> input_had_ended(const topology::Plan& plan, const topology::PlanEdge& edge, bool wholly,
                                            const std::string& why_rows_come) {
  const std::string& node = plan.nodes[static_cast<std::size_t>(edge.to)].name;
  const std::string stream = "'" + stream_of(plan, edge) + "'";
  const bool has_others = std::any_of(plan.edges.begin(), plan.edges.end(), [&](const topology::PlanEdge& other) {
    return other.to == edge.to && (other.from != edge.from || other.from_port != edge.from_port);
  });
  return base::fail("input_had_ended",
                    "'" + node + "' had seen the end of its input" + (wholly ? "" : " in some of its tasks") +
                        " when this checkpoint was taken, and now reads from " + stream + ", which " + why_rows_come +
                        "; give '" + node + "' another name, so that it begins anew" +
                        (has_others ? ", or take " + stream + " out of its inputs" : ""),
                    node);
}

/// Task i of the one gave to task i of the other; now each might give to any.
tl::unexpected<base::Error> fed_by_others(const std::string& node, const std::string& from, std::size_t before) {
  return base::fail("cannot_rescale",
                    "'" + node +
                        "' had seen the end of its input in some of its tasks when this checkpoint was taken, "
                        "and not in others: go on from it with '" +
                        from + "' at the parallelism it was taken at, " + std::to_string(before) +
                        ", or with another one for '" + node + "' too",
                    node);
}

}  // namespace

proto::TaskSnapshot snapshot_of(const task::TaskImage& image, const TaskLabel& label, std::uint32_t attempt) {
  proto::TaskSnapshot out;
  out.set_epoch(image.epoch);
  out.set_attempt(attempt);
  out.set_chain(label.chain);
  out.set_instance(label.instance);
  out.set_parallelism(label.parallelism);
  out.set_watermark(image.watermark);
  out.set_flushed(image.flushed);
  out.set_first_group(label.groups.first);
  out.set_last_group(label.groups.last);
  for (const task::NodeImage& node : image.nodes) *out.add_nodes() = to_proto(node);
  return out;
}

base::Result<RestoredJob> RestoredJob::load(const checkpoint::CheckpointStore& store, const proto::Manifest& manifest,
                                            const topology::Plan& plan) {
  RestoredJob job;
  for (const auto& lost :
       checkpoint::state_fit({manifest.nodes().begin(), manifest.nodes().end()}, checkpoint::node_shapes(plan)).lost)
    job.unfit_.insert(lost.node);
  for (const proto::SnapshotHandle& handle : manifest.snapshots()) {
    auto snapshot = store.get_snapshot(manifest.job(), handle);
    if (!snapshot) return tl::unexpected(snapshot.error());
    job.tasks_.push_back({std::move(*snapshot), store.local_path(manifest.job(), handle)});
  }
  std::sort(job.tasks_.begin(), job.tasks_.end(),
            [](const Former& a, const Former& b) { return a.snapshot.instance() < b.snapshot.instance(); });
  if (auto sound = job.may_be_fed(plan); !sound) return tl::unexpected(sound.error());
  return job;
}

std::vector<const RestoredJob::Former*> RestoredJob::tasks_of(const std::string& node) const {
  std::vector<const Former*> found;
  if (!goes_on(node)) return found;
  for (const Former& former : tasks_)
    if (state_of(former.snapshot, node) != nullptr) found.push_back(&former);
  return found;
}

/// Of `node`: the one of the same index where there are as many now, else all.
std::vector<const RestoredJob::Former*> RestoredJob::goes_on_from(const std::string& node, std::uint32_t instance,
                                                                  int parallelism) const {
  const auto all = tasks_of(node);
  if (all.size() != static_cast<std::size_t>(parallelism)) return all;
  return {all[instance]};
}

/// Parents come before their children, and nothing comes from a spent one.
std::set<std::string, std::less<>> RestoredJob::spent_nodes(const topology::Plan& plan,
                                                            const topology::PlanChain& chain,
                                                            std::uint32_t instance) const {
  std::set<std::string, std::less<>> spent;
  for (const int index : chain.nodes) {
    const std::string& name = plan.nodes[static_cast<std::size_t>(index)].name;
    const bool fed = std::any_of(plan.edges.begin(), plan.edges.end(), [&](const topology::PlanEdge& edge) {
      return edge.chained && edge.to == index && !spent.contains(plan.nodes[static_cast<std::size_t>(edge.from)].name);
    });
    const auto former = goes_on_from(name, instance, chain.parallelism);
    const bool flushed =
        std::all_of(former.begin(), former.end(), [&](const Former* each) { return has_flushed(*each, name); });
    if (!fed && flushed && !former.empty()) spent.insert(name);
  }
  return spent;
}

bool RestoredJob::has_read_all(const Former& former, const std::string& source) {
  const auto& partitions = state_of(former.snapshot, source)->partitions();
  return !partitions.empty() &&
         std::all_of(partitions.begin(), partitions.end(),
                     [](const proto::PartitionState& partition) { return partition.bounded() && partition.ended(); });
}

bool RestoredJob::has_flushed(const Former& former, const std::string& node) {
  return former.snapshot.flushed() || state_of(former.snapshot, node)->flushed();
}

/// Those whose input has ended hold nobody back.
base::Micros RestoredJob::watermark_of(const std::string& node, const std::vector<const Former*>& former) {
  base::Micros least = base::kEndOfTime, of_ended = base::kEndOfTime;
  for (const Former* each : former) {
    base::Micros& one = has_flushed(*each, node) ? of_ended : least;
    one = std::min<base::Micros>(one, each->snapshot.watermark());
  }
  return least != base::kEndOfTime ? least : of_ended;
}

/// A task of which all partitions had been read to their ends emits nothing, though it may not have flushed yet.
std::optional<std::string> RestoredJob::why_rows_come(const std::string& node) const {
  if (!goes_on(node)) return "begins anew";
  const auto former = tasks_of(node);
  if (former.empty()) return "is new";
  const auto goes_on = [&](const Former* each) { return !has_flushed(*each, node) && !has_read_all(*each, node); };
  return std::any_of(former.begin(), former.end(), goes_on) ? std::optional("goes on") : std::nullopt;
}

/// In the topology that the checkpoint was taken of, a node flushes only behind all that it reads from.
base::Result<void> RestoredJob::may_be_fed(const topology::Plan& plan) const {
  for (const topology::PlanEdge& edge : plan.edges) {
    const topology::PlanNode& node = plan.nodes[static_cast<std::size_t>(edge.to)];
    const auto former = tasks_of(node.name);
    const auto flushed =
        std::count_if(former.begin(), former.end(), [&](const Former* each) { return has_flushed(*each, node.name); });
    if (flushed == 0) continue;
    const topology::PlanNode& from = plan.nodes[static_cast<std::size_t>(edge.from)];
    const auto why = why_rows_come(from.name);
    if (!why) continue;
    if (flushed == static_cast<std::ptrdiff_t>(former.size())) return input_had_ended(plan, edge, true, *why);
    // Tasks that are dealt out anew take rows; one that flushed beside others that had not goes on by itself.
    if (former.size() != static_cast<std::size_t>(node.parallelism)) continue;
    if (*why != "goes on") return input_had_ended(plan, edge, false, *why);
    const std::size_t before = tasks_of(from.name).size();
    if (before != static_cast<std::size_t>(from.parallelism)) return fed_by_others(node.name, from.name, before);
  }
  return {};
}

/// The partitions of an ended task are dealt out like all others, as read to their ends. One that was told to stop has
/// left some unread, and rows behind their places may be late by now: only it knows not to read them.
base::Result<void> RestoredJob::may_be_dealt_out(const std::string& source,
                                                 const std::vector<const Former*>& former) const {
  const auto reads = [&](const Former* each) { return !has_flushed(*each, source); };
  if (former.size() < 2 || std::none_of(former.begin(), former.end(), reads)) return {};
  for (const Former* each : former) {
    const auto& partitions = state_of(each->snapshot, source)->partitions();
    const bool unread = std::any_of(partitions.begin(), partitions.end(),
                                    [](const proto::PartitionState& partition) { return !partition.ended(); });
    if (reads(each) || !unread) continue;
    return base::fail(
        "cannot_rescale",
        "task " + std::to_string(each->snapshot.instance()) + " of '" + source +
            "' had been told to stop before the end of its input when this checkpoint was taken, and other "
            "tasks had not yet: go on from it at the parallelism it was taken at, " +
            std::to_string(former.size()),
        source);
  }
  return {};
}

base::Result<std::unique_ptr<task::RestoredTask>> RestoredJob::task(const topology::Plan& plan,
                                                                    const topology::PlanChain& chain,
                                                                    std::uint32_t instance) const {
  auto restored = std::make_unique<task::RestoredTask>();
  for (const int index : chain.nodes) {
    const topology::PlanNode& node = plan.nodes[static_cast<std::size_t>(index)];
    const auto former = tasks_of(node.name);
    if (former.empty()) continue;
    api::Restored& own = restored->nodes[node.name];
    own.self = instance;
    own.count = static_cast<std::size_t>(chain.parallelism);
    for (const Former* each : former) {
      const proto::NodeState& state = *state_of(each->snapshot, node.name);
      api::SavedParts& parts = own.tasks.emplace_back();
      for (const proto::SavedPart& part : state.parts()) parts[part.name()] = part.value();
      for (const proto::PartitionState& partition : state.partitions())
        restored->partitions[node.name].push_back(from_proto(partition));
    }
  }
  const std::string& head = plan.nodes[static_cast<std::size_t>(chain.nodes.front())].name;
  const auto heads = goes_on_from(head, instance, chain.parallelism);
  if (heads.empty()) return restored;
  if (auto sound = may_be_dealt_out(head, heads); !sound) return tl::unexpected(sound.error());
  restored->watermark = watermark_of(head, heads);
  restored->spent = spent_nodes(plan, chain, instance);
  restored->flushed = restored->spent.size() == chain.nodes.size();
  return restored;
}

std::vector<state::FormerState> RestoredJob::former_states(const topology::Plan& plan, const topology::PlanChain& chain,
                                                           state::GroupRange groups) const {
  std::vector<state::FormerState> found;
  for (const Former& former : tasks_) {
    const bool ours = std::any_of(chain.nodes.begin(), chain.nodes.end(), [&](int index) {
      const std::string& name = plan.nodes[static_cast<std::size_t>(index)].name;
      return goes_on(name) && state_of(former.snapshot, name) != nullptr;
    });
    if (!ours || former.snapshot.flushed() || former.snapshot.files().empty()) continue;
    if (former.snapshot.first_group() >= groups.last || groups.first >= former.snapshot.last_group()) continue;
    state::FormerState& state = found.emplace_back();
    state.directory = former.directory;
    for (const proto::NodeState& node : former.snapshot.nodes()) state.nodes.push_back(node.node());
    state.groups = {former.snapshot.first_group(), former.snapshot.last_group()};
    for (const proto::StateFile& file : former.snapshot.files())
      state.files.push_back({file.name(), file.bytes(), file.crc(), false});
  }
  return found;
}

}  // namespace penstock::worker
