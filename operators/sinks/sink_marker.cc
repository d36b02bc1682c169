#include "operators/sinks/sink_marker.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "runtime/base/crc32c.h"
#include "runtime/base/failpoint.h"

namespace penstock::operators {
namespace {

constexpr std::string_view kMagic = "PENSMARK";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kSlotBytes = 512;
constexpr std::size_t kEntryBytes = 8 + 4 + 4 + 4 + 8;

template <class Number>
void put(std::string& out, Number value) {
  for (std::size_t i = 0; i < sizeof(Number); ++i) out.push_back(static_cast<char>((value >> (8 * i)) & 0xff));
}

template <class Number>
Number get(std::string_view bytes) {
  Number value = 0;
  for (std::size_t i = 0; i < sizeof(Number); ++i)
    value |= static_cast<Number>(static_cast<Number>(static_cast<unsigned char>(bytes[i])) << (8 * i));
  return value;
}

std::string slot_of(const Publisher& who, std::uint64_t epoch) {
  std::string slot(kMagic);
  put(slot, kVersion);
  put(slot, who.attempt);
  put(slot, static_cast<std::uint32_t>(who.count));
  put(slot, epoch);
  put(slot, base::crc32c(slot.data(), slot.size()));
  slot.resize(kSlotBytes);
  return slot;
}

std::optional<MarkerEntry> read_slot(std::string_view slot) {
  if (slot.size() < kEntryBytes + 4 || !slot.starts_with(kMagic) || get<std::uint32_t>(slot.substr(8)) != kVersion)
    return std::nullopt;
  if (base::crc32c(slot.data(), kEntryBytes) != get<std::uint32_t>(slot.substr(kEntryBytes))) return std::nullopt;
  const auto count = static_cast<int>(get<std::uint32_t>(slot.substr(16)));
  if (count <= 0) return std::nullopt;
  return MarkerEntry{{0, count, get<std::uint32_t>(slot.substr(12))}, get<std::uint64_t>(slot.substr(20))};
}

/// Of task `of.task`. An empty file is one whose maker died at once: its first write never came to its end, so nothing
/// was published; then the rest of `of` stands.
base::Result<MarkerEntry> read_marker(const std::string& path, const Publisher& of) {
  std::array<char, 2 * kSlotBytes> bytes{};
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return file_failure("cannot read", path, errno);
  const ssize_t got = pread(descriptor, bytes.data(), bytes.size(), 0);
  close(descriptor);
  if (got < 0) return file_failure("cannot read", path, errno);
  const std::string_view held(bytes.data(), static_cast<std::size_t>(got));
  const auto first = read_slot(held.substr(0, kSlotBytes));
  const auto second = held.size() > kSlotBytes ? read_slot(held.substr(kSlotBytes)) : std::nullopt;
  if (!first && !second && held.size() > kSlotBytes)
    return base::fail("marker_damaged",
                      path +
                          " does not hold what a sink writes there, so nobody can tell what has been published; "
                          "compare the output with the input, remove it and start again",
                      path, base::Origin::kEnvironment);
  if (!first && !second) return MarkerEntry{of, 0};
  MarkerEntry entry = !second || (first && first->epoch >= second->epoch) ? *first : *second;
  entry.who.task = of.task;
  return entry;
}

}  // namespace

tl::unexpected<base::Error> fenced(const std::string& path) {
  return base::fail("fenced", "a newer attempt of this job writes here now, so this one publishes nothing more", path,
                    base::Origin::kEnvironment);
}

base::Result<std::unique_ptr<SinkMarker>> SinkMarker::fence(FileOperations& operations, const SegmentNames& names,
                                                            Publisher who) {
  std::string path = names.marker(who.task, who.attempt);
  const int descriptor = operations.open(path, O_RDWR | O_CREAT);
  if (descriptor < 0) return file_failure("cannot write", path, errno);
  base::failpoint("sinks.marker.made");
  std::unique_ptr<SinkMarker> marker(new SinkMarker(operations, std::move(path), descriptor, who));
  auto taken = marker->take_over(names);
  if (taken) taken = sync_directory(operations, names.directory());
  if (!taken) return tl::unexpected(taken.error());
  return marker;
}

SinkMarker::~SinkMarker() { close(descriptor_); }

/// The own marker is there before others are looked for: of two attempts that begin at once, the lower one sees the
/// higher, or is seen by it.
base::Result<void> SinkMarker::take_over(const SegmentNames& names) {
  if (auto read = learn(path_, who_.task); !read) return read;
  const std::uint64_t mine = known_.empty() ? 0 : known_.front().epoch;
  if (auto written = write_slot(mine); !written) return written;
  if (auto written = write_slot(mine); !written) return written;
  base::failpoint("sinks.fence.own_marker_written");
  const auto there = names.list();
  if (!there) return tl::unexpected(there.error());
  for (const SegmentNames::Found& found : *there) {
    if (found.kind == SegmentNames::Kind::kSegment) continue;
    if (found.attempt > who_.attempt) {
      if (mine == 0) operations_.unlink(path_);
      return fenced(path_);
    }
    if (found.attempt == who_.attempt || found.task % who_.count != who_.task) continue;
    std::string aside = names.fenced(found.task, found.attempt);
    if (found.kind == SegmentNames::Kind::kMarker && operations_.rename(found.path, aside, true) != 0 &&
        errno != ENOENT)
      return file_failure("cannot fence", found.path, errno);
    base::failpoint("sinks.fence.renamed");
    if (auto read = learn(aside, found.task); !read) return read;
    fenced_.push_back(std::move(aside));
  }
  return {};
}

base::Result<void> SinkMarker::learn(const std::string& path, int task) {
  auto entry = read_marker(path, {task, who_.count, 0});
  if (!entry) return tl::unexpected(entry.error());
  known_.push_back(*entry);
  return {};
}

base::Result<std::vector<MarkerEntry>> SinkMarker::read_all(const SegmentNames& names) {
  std::vector<MarkerEntry> known;
  const auto there = names.list();
  if (!there) return tl::unexpected(there.error());
  for (const SegmentNames::Found& found : *there) {
    if (found.kind == SegmentNames::Kind::kSegment) continue;
    auto entry = read_marker(found.path, {found.task, 1, 0});
    if (!entry) return tl::unexpected(entry.error());
    known.push_back(*entry);
  }
  return known;
}

bool SinkMarker::covers(int task, std::uint32_t attempt, std::uint64_t epoch) const {
  return covers(known_, task, attempt, epoch);
}

bool SinkMarker::covers(const std::vector<MarkerEntry>& known, int task, std::uint32_t attempt, std::uint64_t epoch) {
  return std::any_of(known.begin(), known.end(), [&](const MarkerEntry& entry) {
    if (entry.epoch < epoch || entry.who.attempt < attempt) return false;
    return (entry.who.attempt == attempt ? task : task % entry.who.count) == entry.who.task;
  });
}

base::Result<void> SinkMarker::write_slot(std::uint64_t epoch) {
  const std::string slot = slot_of(who_, epoch);
  const off_t place = static_cast<off_t>(writes_++ % 2 * kSlotBytes);
  if (operations_.write_at(descriptor_, slot.data(), slot.size(), place) != static_cast<ssize_t>(slot.size()))
    return file_failure("cannot write", path_, errno);
  base::failpoint("sinks.marker.written");
  if (operations_.sync(descriptor_, path_) == 0) return {};
  auto failure = file_failure("cannot make durable", path_, errno);
  failure.value().restart_helps = true;  // With another marker.
  return failure;
}

base::Result<void> SinkMarker::check() const {
  if (is_there(path_)) return {};
  return fenced(path_);
}

base::Result<void> SinkMarker::advance(std::uint64_t epoch) { return write_slot(epoch); }

void SinkMarker::forget_fenced() {
  for (const std::string& path : fenced_) operations_.unlink(path);
  fenced_.clear();
}

void SinkMarker::remove() { operations_.unlink(path_); }

}  // namespace penstock::operators
