#include "operators/sinks/staged_segments.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <sstream>

#include "operators/runs/saved_number.h"
#include "operators/sinks/abandoned_files.h"
#include "runtime/base/failpoint.h"

namespace penstock::operators {
namespace {
constexpr std::string_view kNumber = "number.";         ///< And the task's: its next part.
constexpr std::size_t kNumbers = 6, kNumbersOfOld = 4;  ///< In each line of `segments` (proto/CHECKPOINT.md).
constexpr std::string_view kSegments = "segments";

std::string saved_text(const api::SavedParts& parts, std::string_view name) {
  const auto at = parts.find(name);
  return at == parts.end() ? "" : at->second;
}

/// The path without links and relative parts, under which a directory has one name; as it is where nobody can tell.
std::string place_of(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  const std::string directory = directory_part(path);
  const fs::path absolute = fs::absolute(directory.empty() ? "." : directory, error);
  if (error) return path;
  std::string canonical = fs::weakly_canonical(absolute, error).lexically_normal().string();
  if (error) return path;
  if (canonical.ends_with("/.")) canonical.pop_back();
  if (!canonical.ends_with('/')) canonical += '/';
  return canonical + path.substr(directory.size());
}

/// Up to which epoch rows have been staged; 0: none has.
std::uint64_t newest_of(const api::Restored& restored) {
  std::uint64_t newest = 0;
  for (const std::string_view epoch : restored.all("epoch"))
    newest = std::max<std::uint64_t>(newest, std::strtoull(std::string(epoch).c_str(), nullptr, 10));
  return newest;
}
}  // namespace

StagedSegments::StagedSegments(const api::NodeSpec& spec, const FileTarget& target, FileOperations& operations,
                               bool kept)
    : target_(target),
      place_(place_of(target.path())),
      operations_(operations),
      kept_(kept),
      sink_(spec.node.name),
      who_{spec.place.index, spec.place.count, 1},
      names_(target.directory(), target.stem(), sink_, ""),
      publishing_(std::make_shared<SegmentPublishing>(target, operations, kept)) {}

base::Result<void> StagedSegments::open(const api::RunIdentity& run, const api::Restored* restored,
                                        const std::vector<std::string>& others) {
  job_ = run.job;
  who_.attempt = run.attempt;
  names_ = SegmentNames(target_.directory(), target_.stem(), sink_, job_);
  remove_abandoned(target_.directory(), target_.is_single() ? target_.stem() : std::string());
  if (restored != nullptr) take_numbers(*restored);
  const auto mine = numbers_.find(who_.task);
  next_number_ = mine != numbers_.end() ? mine->second : 0;
  if (!target_.is_single() && (mine == numbers_.end() || has_moved(*restored)))
    next_number_ = std::max(next_number_, target_.first_free(who_.task));
  if (job_.empty()) return {};
  has_checkpoint_ = restored != nullptr;
  if (kept_) {
    if (restored != nullptr)
      if (auto here = check_place(*restored); !here) return here;
    auto marker = SinkMarker::fence(operations_, names_, who_);
    if (!marker) return tl::unexpected(marker.error());
    publishing_->marker() = std::move(*marker);
    const std::uint64_t from = restored != nullptr ? newest_of(*restored) : 0;
    if (auto fits = check_marker(publishing_->marker()->known(), from, target_.path(), names_); !fits) return fits;
    base::failpoint("sinks.fence.done");
    if (restored != nullptr)
      if (auto recovered = recover(*restored); !recovered) return recovered;
    base::failpoint("sinks.recovery.published");
    publishing_->marker()->forget_fenced();
    base::failpoint("sinks.fence.forgotten");
  }
  if (auto swept = sweep(others); !swept) return swept;
  base::failpoint("sinks.leftovers.swept");
  return {};
}

/// Also where this directory has been moved, with what earlier attempts left in it.
bool StagedSegments::is_here(const std::string& place) const {
  if (place_of(place) == place_) return true;
  const std::string directory = directory_part(place), own = directory_part(place_);
  if (is_directory(directory) || place.substr(directory.size()) != place_.substr(own.size())) return false;
  const auto there = names_.list();
  return there && std::any_of(there->begin(), there->end(),
                              [&](const SegmentNames::Found& found) { return found.attempt < who_.attempt; });
}

bool StagedSegments::has_moved(const api::Restored& restored) const {
  const auto places = restored.all(kPath);
  return std::any_of(places.begin(), places.end(),
                     [&](std::string_view place) { return !is_here(std::string(place)); });
}

/// What is staged for another place would never be published. Rows that were shown there already are no matter.
base::Result<void> StagedSegments::check_place(const api::Restored& restored) const {
  for (std::size_t task = 0; task < restored.tasks.size(); ++task) {
    const api::SavedParts& parts = restored.tasks[task];
    const bool in_pieces = !saved_text(parts, kPieces).empty();
    const std::string place = saved_text(parts, kPath);
    const bool of_old = place.empty();  // Then it was not said where it is staged.
    if (of_old ? !in_pieces || target_.is_single() : is_here(place)) continue;
    if (in_pieces)
      return base::fail("sink_moved",
                        "the checkpoint holds all rows so far for " + (of_old ? "one file" : place) +
                            ", which appears when the input has ended; go on with that path (and without a directory "
                            "of that name) to the end of the input, or start from the beginning to have the rows in " +
                            target_.path(),
                        target_.path());
    if (auto shown = check_former_place(place, parts, static_cast<int>(task), newest_of(restored)); !shown)
      return shown;
  }
  return {};
}

/// By what the markers there say: that a file of the right name is in place proves nothing where others may write.
base::Result<void> StagedSegments::check_former_place(const std::string& place, const api::SavedParts& parts, int task,
                                                      std::uint64_t from) const {
  const std::string directory = directory_part(place);
  const SegmentNames names(directory, place.ends_with('/') ? "part" : place.substr(directory.size()), sink_, job_);
  const auto segments = listed(parts, task, names);
  if (!segments) return tl::unexpected(segments.error());
  if (!is_directory(directory)) {
    if (segments->empty()) return {};
    return base::fail("sink_moved",
                      "the checkpoint holds rows for " + place +
                          ", which is not there, so nobody can tell whether they are published; bring the directory "
                          "back, or make a link of its old name to where it is now",
                      target_.path());
  }
  const auto known = SinkMarker::read_all(names);
  if (!known) return tl::unexpected(known.error());
  if (auto fits = check_marker(*known, from, place, names); !fits) return fits;
  for (const Segment& segment : *segments)
    if (is_there(segment.path) || !SinkMarker::covers(*known, segment.holder, segment.holder_attempt, segment.epoch))
      return base::fail("sink_moved",
                        "the checkpoint holds rows for " + place +
                            " that are not known to be published; go on with that path, end it in good order "
                            "(penstock stop, Ctrl-C), then change it to " +
                            target_.path(),
                        target_.path());
  return {};
}

/// Whoever goes back behind what has been published would publish it again.
base::Result<void> StagedSegments::check_marker(const std::vector<MarkerEntry>& known, std::uint64_t from,
                                                const std::string& place, const SegmentNames& names) const {
  std::uint64_t shown = 0;
  for (const MarkerEntry& entry : known) shown = std::max(shown, entry.epoch);
  if (shown <= from) return {};
  return base::fail("published_further",
                    place + " shows rows up to checkpoint " + std::to_string(shown) + ", and this sink goes on from " +
                        (from == 0 ? "its beginning" : "checkpoint " + std::to_string(from)) +
                        ", so that those in between would come twice; to have it so all the same, remove " +
                        names.pattern(),
                    target_.path());
}

void StagedSegments::take_numbers(const api::Restored& restored) {
  for (const api::SavedParts& parts : restored.tasks) {
    for (const auto& [name, value] : parts) {
      if (!name.starts_with(kNumber)) continue;
      const int task = std::atoi(name.c_str() + kNumber.size());
      if (task % who_.count != who_.task) continue;
      std::int64_t& next = numbers_[task];
      next = std::max<std::int64_t>(next, std::atoll(value.c_str()));
    }
  }
}

/// The tasks of old are dealt out to those of now, and with them what they had staged.
base::Result<void> StagedSegments::recover(const api::Restored& restored) {
  newest_ = std::numeric_limits<std::uint64_t>::max();  // Whatever comes of this, a checkpoint needs them.
  for (std::size_t task = 0; task < restored.tasks.size(); ++task) {
    const std::string place = saved_text(restored.tasks[task], kPath);
    if (static_cast<int>(task) % who_.count != who_.task || (!place.empty() && !is_here(place))) continue;
    const auto taken = listed(restored.tasks[task], static_cast<int>(task), names_);
    if (!taken) return tl::unexpected(taken.error());
    segments_.insert(segments_.end(), taken->begin(), taken->end());
  }
  std::uint64_t newest = 0;
  for (const MarkerEntry& entry : publishing_->marker()->known()) newest = std::max(newest, entry.epoch);
  for (const Segment& segment : segments_) newest = std::max(newest, segment.epoch);
  for (const Segment& segment : segments_)
    if (auto checked = check_content(segment); !checked) return checked;
  if (newest > 0)
    if (auto published = publishing_->run(segments_, newest); !published) return published;
  segments_.clear();
  newest_ = newest;
  return {};
}

/// One that is not there is published already, or lost: publishing finds out which.
base::Result<void> StagedSegments::check_content(const Segment& segment) const {
  if (!segment.content || !is_there(segment.path)) return {};
  const auto found = read_content(segment.path);
  if (!found) return is_there(segment.path) ? tl::unexpected(found.error()) : base::Result<void>();
  if (*found == *segment.content) return {};
  return base::fail(
      "segment_damaged",
      fmt::format(
          "{}, where rows for {} are staged, is not what was written there ({} bytes of {}, checksum {:08x} instead "
          "of {:08x}); bring it back from a copy and start again; without one only a start from the beginning, "
          "into another place, gives all rows",
          segment.path, target_.part(segment.task, segment.number), found->bytes, segment.content->bytes,
          found->checksum, segment.content->checksum),
      segment.path, base::Origin::kEnvironment);
}

base::Result<std::vector<Segment>> StagedSegments::listed(const api::SavedParts& parts, int task,
                                                          const SegmentNames& names) const {
  std::vector<Segment> segments;
  const std::string text = saved_text(parts, kSegments);
  if (text.empty()) return segments;
  const auto attempt = parts.find("attempt");
  Segment segment;
  segment.holder = task;
  segment.holder_attempt =
      attempt == parts.end() ? 1 : static_cast<std::uint32_t>(std::strtoul(attempt->second.c_str(), nullptr, 10));
  const auto lines = numbers_by_line(text, {kNumbers, kNumbersOfOld});
  if (!lines)
    return base::fail("checkpoint_damaged", "what the sink '" + sink_ + "' saved of its staged files cannot be read",
                      target_.path(), base::Origin::kEnvironment);
  for (const std::vector<std::int64_t>& line : *lines) {
    segment.epoch = static_cast<std::uint64_t>(line[0]);
    segment.task = static_cast<int>(line[1]);
    segment.attempt = static_cast<std::uint32_t>(line[2]);
    segment.number = line[3];
    segment.content.reset();
    if (line.size() == kNumbers)
      segment.content = {static_cast<std::uint64_t>(line[4]), static_cast<std::uint32_t>(line[5])};
    segment.path = names.segment(segment.task, segment.attempt, segment.number);
    segments.push_back(segment);
  }
  return segments;
}

base::Result<void> StagedSegments::sweep(const std::vector<std::string>& others) {
  const auto there = names_.list();
  if (!there) return tl::unexpected(there.error());
  for (const SegmentNames::Found& found : *there) {
    if (found.kind != SegmentNames::Kind::kSegment || found.attempt >= who_.attempt) continue;
    if (found.task % who_.count != who_.task) continue;
    if (std::find(others.begin(), others.end(), found.path) == others.end()) operations_.unlink(found.path);
  }
  return {};
}

base::Result<std::shared_ptr<OutputFile>> StagedSegments::begin() {
  for (;;) {
    const std::int64_t number = next_number_++;
    const std::string stem = target_.is_single() ? target_.stem() : target_.stem() + "-" + std::to_string(who_.task);
    const std::string path = job_.empty() ? target_.directory() + staged_name(stem, number)
                                          : names_.segment(who_.task, who_.attempt, number);
    auto file = OutputFile::create(operations_, path, OutputFile::If::kNew);
    if (file && kept_) (*file)->keep_checksum(0);
    if (file && (!job_.empty() || hold_staged((*file)->descriptor())))
      return std::shared_ptr<OutputFile>(std::move(*file));
    if (!file && (file.error().code != "file_exists" || !job_.empty())) return tl::unexpected(file.error());
  }
}

void StagedSegments::prune() {
  std::erase_if(segments_, [&](const Segment& segment) { return segment.epoch <= publishing_->published(); });
}

void StagedSegments::save(api::SavedParts& parts) const {
  parts["attempt"] = std::to_string(who_.attempt);
  parts[std::string(kNumber) + std::to_string(who_.task)] = std::to_string(next_number_);
  for (const auto& [task, next] : numbers_)
    if (task != who_.task) parts[std::string(kNumber) + std::to_string(task)] = std::to_string(next);
  if (!kept_) return;
  parts[std::string(kPath)] = place_;
  if (segments_.empty()) return;
  std::ostringstream lines;
  for (const Segment& segment : segments_) {
    lines << segment.epoch << ' ' << segment.task << ' ' << segment.attempt << ' ' << segment.number;
    if (segment.content) lines << ' ' << segment.content->bytes << ' ' << segment.content->checksum;
    lines << '\n';
  }
  parts[std::string(kSegments)] = lines.str();
}

api::BlockingJob StagedSegments::stage(std::uint64_t epoch, std::shared_ptr<OutputFile> file, api::SavedParts& parts,
                                       std::optional<Fill> fill) {
  prune();
  if (epoch <= publishing_->published())  // Its rows would be taken for published ones.
    return [epoch, path = target_.path()]() -> base::Result<void> {
      return base::fail("epoch_reused", "checkpoint " + std::to_string(epoch) + " has been published before", path,
                        base::Origin::kInternal);
    };
  if (file != nullptr)
    segments_.push_back({epoch, who_.task, who_.attempt, next_number_ - 1, who_.task, who_.attempt,
                         fill ? fill->content : file->content(), file->path(), file});
  save(parts);
  parts["epoch"] = std::to_string(epoch);
  if (const base::Error* error = failure_->get())
    return [error = *error]() -> base::Result<void> { return tl::unexpected(error); };
  if (file == nullptr || !kept_) return {};
  return [file, fill = std::move(fill), failure = failure_, &operations = operations_]() -> base::Result<void> {
    if (fill)
      if (auto filled = fill->job(); !filled) return failure->keep(filled);
    base::failpoint("sinks.segment.written");
    if (auto synced = failure->keep(file->sync()); !synced) return synced;
    base::failpoint("sinks.segment.synced");
    return failure->keep(sync_directory(operations, directory_part(file->path())));
  };
}

api::BlockingJob StagedSegments::publish(std::uint64_t epoch) {
  has_checkpoint_ = has_successors();
  newest_ = epoch;
  prune();
  std::vector<Segment> due;
  for (const Segment& segment : segments_)
    if (segment.epoch <= epoch) due.push_back(segment);
  if (due.empty()) return {};
  return [due = std::move(due), epoch, publishing = publishing_] { return publishing->run(due, epoch); };
}

void StagedSegments::abort(const std::string& spared) {
  publishing_->abandon();
  prune();
  for (const Segment& segment : segments_) {
    const bool is_wanted = kept_ && has_checkpoint_ && (segment.epoch <= newest_ || segment.path == spared);
    if (!is_wanted) operations_.unlink(segment.path);
  }
  segments_.clear();
  if (!has_checkpoint_) end();
}

void StagedSegments::end() {
  prune();
  if (segments_.empty() && publishing_->marker() != nullptr) {
    base::failpoint("sinks.end.reached");
    publishing_->marker()->remove();
    base::failpoint("sinks.marker.removed");
  }
}

}  // namespace penstock::operators
