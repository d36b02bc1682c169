#include "tests/sim/dataflow/oracle.h"

#include <fmt/core.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "runtime/channel/credit.h"
#include "runtime/checkpoint/checkpoint_store.h"
#include "runtime/record/frame.h"

namespace penstock::sim {
namespace {

namespace fs = std::filesystem;

std::string content_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}
std::string name_of(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

template <class Number>
Number number_at(const char* bytes) {
  Number value = 0;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

/// The number of the checkpoint whose manifest this is.
std::optional<std::uint64_t> epoch_of_manifest(const std::string& path) {
  if (name_of(path) != "manifest") return std::nullopt;
  const auto parsed = checkpoint::parse_epoch(name_of(path.substr(0, path.find_last_of('/'))));
  return parsed ? std::optional(parsed->epoch) : std::nullopt;
}

}  // namespace

Oracle::Oracle(const Scenario& scenario, const Disk& disk, Broken broken)
    : expected_(scenario.expected()), disk_(disk), broken_(std::move(broken)) {}

// --- what is shown

void Oracle::on_renamed(const std::string& from, const std::string& to) {
  if (!to.starts_with(output()) || name_of(to).starts_with('.')) return;
  const auto [at, is_new] = part_of_segment_.try_emplace(from, to);
  if (!is_new && parts_.contains(at->second)) broken_("I1: " + from + " is published a second time, as " + to);
  at->second = to;
  show(to);
}

void Oracle::show(const std::string& path) {
  if (parts_.contains(path)) return broken_("I1: " + path + " is published over another part");
  const std::string sink = path.substr(output().size(), path.find('/', output().size()) - output().size());
  std::istringstream lines(parts_[path] = content_of(path));
  for (std::string line; std::getline(lines, line);) {
    if (!expected_[sink].contains(line)) broken_(fmt::format("{}: a line that nobody expects: {}", path, line));
    const auto [at, is_new] = seen_[sink].emplace(line, path);
    if (!is_new) broken_(fmt::format("{}: {} was shown in {} already", path, line, at->second));
  }
}

void Oracle::after_power_cut() {
  std::erase_if(parts_, [&](const auto& part) {
    if (fs::exists(part.first)) {
      if (content_of(part.first) != part.second) broken_(part.first + " was shown, and a power cut has changed it");
      return false;
    }
    for (auto& [sink, lines] : seen_) std::erase_if(lines, [&](const auto& line) { return line.second == part.first; });
    return true;
  });
  for (auto& [path, epoch] : markers_) epoch = 0;  // They may be what they were before.
}

void Oracle::check_not_more() {
  for (const auto& [path, content] : parts_)
    if (!fs::exists(path)) broken_(path + " was shown and has gone");
}

void Oracle::check_finished(bool undisturbed) {
  check_not_more();
  for (const auto& [sink, lines] : expected_)
    for (const std::string& line : lines)
      if (!seen_[sink].contains(line)) return broken_(fmt::format("{}: {} was never shown", sink, line));
  for (const auto& file : fs::recursive_directory_iterator(output()))
    if (undisturbed && file.is_regular_file() && name_of(file.path()).starts_with('.'))
      broken_("I9: " + file.path().string() + " is left behind");
}

// --- markers and checkpoints

/// 0: none that is so new.
std::uint64_t Oracle::newest_durable(std::uint64_t least) const {
  std::uint64_t newest = 0;
  for (const auto& job : fs::directory_iterator(store()))
    for (const auto& entry : fs::directory_iterator(job.path())) {
      const std::string manifest = entry.path().string() + "/manifest";
      const auto epoch = epoch_of_manifest(manifest);
      if (epoch && *epoch >= least && disk_.is_durable(manifest)) newest = std::max(newest, *epoch);
    }
  return newest;
}

void Oracle::on_written(const std::string& path, const char* bytes, std::size_t size) {
  if (path.starts_with(output()) && path.ends_with(".marker")) on_marker(path, bytes, size);
}

/// sink_marker.cc: magic, version, attempt, count, epoch.
void Oracle::on_marker(const std::string& path, const char* bytes, std::size_t size) {
  if (size < 28) return broken_("a marker of an odd size");
  const auto epoch = number_at<std::uint64_t>(bytes + 20);
  std::uint64_t& before = markers_[path];
  if (epoch < before) broken_(fmt::format("I1: {} goes back from {} to {}", path, before, epoch));
  const std::uint64_t counted = complete_.empty() ? 0 : *complete_.rbegin();
  if (epoch > before && epoch > counted && newest_durable(epoch) < epoch)  // Or is of one that was given up before.
    broken_(fmt::format("I1: {} says that {} is published, and no checkpoint is complete that covers it", path, epoch));
  before = epoch;
}

/// I7. A manifest that the coordinator's journal does not name is none.
void Oracle::on_unlinked(const std::string& path) {
  if (!path.starts_with(store())) return;
  const auto epoch = epoch_of_manifest(path);
  if (epoch && !complete_.empty() && *epoch == *complete_.rbegin())
    broken_(fmt::format("I7: {}, the newest complete checkpoint, is removed", path));
}

void Oracle::on_control(const std::string& bytes) {
  proto::Envelope envelope;
  if (!envelope.ParseFromString(bytes)) return broken_("a control message that cannot be read");
  if (envelope.has_directive()) on_directive(envelope.directive());
  for (const proto::JobReport& report : envelope.heartbeat().jobs()) on_report(report);
}

void Oracle::on_directive(const proto::Directive& directive) {
  const proto::CheckpointPlace& place = directive.assignment().checkpoints();
  if (place.has_restore()) count(place.restore().epoch());
  if (directive.want() == proto::Directive::PUBLISH) count(directive.epoch());
  if (directive.want() == proto::Directive::ASSIGN)
    for (const proto::ChannelWindow& window : directive.assignment().windows())
      first_windows_[{directive.attempt(), window.channel()}] = window.bytes();
}

/// The coordinator counts this checkpoint as complete.
void Oracle::count(std::uint64_t epoch) {
  if (!complete_.insert(epoch).second) return;
  if (newest_durable(epoch) < epoch) broken_(fmt::format("checkpoint {} counts, and is not durable", epoch));
}

/// Links lose nothing as long as they stand, and what old attempts have sent is refused without a word (I2), so nobody
/// may find a frame out of place. I10: rows in are rows out and accounted for.
void Oracle::on_report(const proto::JobReport& report) {
  if (report.error().code().starts_with("frame_")) broken_("I4: a worker says: " + report.error().text());
  if (report.phase() != proto::ENDED) return;
  for (const proto::NodeReport& node : report.nodes()) {
    const std::uint64_t accounted =
        node.passed() + node.filtered() + node.absorbed() + node.late() + node.errors() + node.dropped();
    if (node.rows_in() != accounted)
      broken_(fmt::format("I10: node {} took in {} rows and accounts for {}", node.node(), node.rows_in(), accounted));
  }
}

// --- frames

void Oracle::on_frame(const Link&, const std::string& bytes) {
  record::FrameHeader header;
  if (record::decode_header({reinterpret_cast<const std::byte*>(bytes.data()), bytes.size()}, header))
    return broken_("a frame that cannot be read is sent");
  const std::pair key{header.attempt, header.channel};
  Channel& channel = channels_[key];
  if (channel.limit == 0) {
    const auto first = first_windows_.find(key);
    channel.limit = base::kContrary || first == first_windows_.end() ? base::kDefaultWindowBytes : first->second;
  }
  const auto say = [&](const std::string& what) {
    broken_(fmt::format("{} (attempt {}, channel {})", what, header.attempt, header.channel));
  };
  if (header.kind == record::FrameKind::kCredit) {
    if (header.sequence != channel.credits++) say("I4: the sequence of credits is not dense");
    channel.consumed = static_cast<std::uint64_t>(header.value);
    if (channel.consumed > channel.sent) say("I5: more was consumed than was sent");
    if (header.rows != record::kNoMoreRows) channel.limit = std::max(channel.limit, channel.consumed + header.rows);
    return;
  }
  if (header.sequence != channel.frames++) say("I4: the sequence of frames is not dense");
  if (header.kind == record::FrameKind::kData) {
    if (channel.sent >= channel.limit) say("I5: a frame is sent without credit");
    channel.sent += channel::charge(header.payload_bytes, true);
  }
  const bool carries = header.kind == record::FrameKind::kData || header.kind == record::FrameKind::kWatermark;
  if (!carries || header.value == base::kNoTime) return;
  if (header.value < channel.watermark) say("I8: a watermark goes back");
  channel.watermark = header.value;
}

}  // namespace penstock::sim
