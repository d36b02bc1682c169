#include "operators/sources/partition_journal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <limits>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "runtime/base/crc32c.h"
#include "runtime/base/durable_directory.h"
#include "runtime/base/plain_name.h"

namespace penstock::operators {
namespace {

constexpr std::string_view kMagic = "PENSJRNL";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kHeadBytes = 8 + 4 + 8 + 8 + 4;
constexpr std::size_t kBlockHeadBytes = 12;
constexpr std::size_t kSegmentBytes = 8 << 20;
constexpr std::string_view kSuffix = ".journal";

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

std::uint32_t checksum(std::string_view bytes) { return base::crc32c(bytes.data(), bytes.size()); }

tl::unexpected<base::Error> failed(const std::string& what, const std::string& path) {
  const bool full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
  return base::fail(full ? "disk_full" : "journal_unwritable",
                    "cannot " + what + " " + path + ": " + std::strerror(errno), path, base::Origin::kEnvironment);
}

tl::unexpected<base::Error> damaged(const std::string& path, const std::string& what) {
  return base::fail("journal_damaged",
                    path + ": " + what +
                        "; what arrived from there on cannot be read again. Move the file away to go "
                        "on without it",
                    path, base::Origin::kEnvironment);
}

tl::unexpected<base::Error> damaged(const std::string& path, std::ptrdiff_t place) {
  return damaged(path, "a checksum at byte " + std::to_string(place) + " is wrong");
}

base::Result<void> cannot_make(const std::string& directory, int error) {
  errno = error;
  return failed("make the directory", directory);
}

base::Result<void> sync_descriptor(int descriptor, const std::string& path) {
  if (::fsync(descriptor) == 0) return {};
  auto failure = failed("make durable", path);
  failure.value().restart_helps = true;  // With another segment; never again with this one.
  return failure;
}

base::Result<void> sync_directory(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  auto synced = sync_descriptor(descriptor, path);
  ::close(descriptor);
  return synced;
}

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(descriptor, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return true;
}

/// What cannot be read is not taken for what was never written.
base::Result<std::string> read_all(const std::string& path) {
  const auto refuse = [&] {
    return base::fail("journal_unreadable", "cannot read " + path + ": " + std::strerror(errno), path,
                      base::Origin::kEnvironment);
  };
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return refuse();
  std::string bytes;
  std::vector<char> chunk(1 << 18);
  ssize_t got = 0;
  while ((got = ::read(descriptor, chunk.data(), chunk.size())) != 0) {
    if (got > 0) bytes.append(chunk.data(), static_cast<std::size_t>(got));
    if (got > 0 || errno == EINTR) continue;
    auto refused = refuse();
    ::close(descriptor);
    return refused;
  }
  ::close(descriptor);
  return bytes;
}

/// "NAME" and 10 of "NAME#10"; 1 where there is no number.
std::pair<std::string_view, std::int64_t> name_and_number(std::string_view partition) {
  const std::size_t mark = partition.rfind('#');
  std::int64_t number = 0;
  const char* const last = partition.data() + partition.size();
  if (mark == partition.npos) return {partition, 1};
  const auto read = std::from_chars(partition.data() + mark + 1, last, number);
  if (read.ec != std::errc() || read.ptr != last) return {partition, 1};
  return {partition.substr(0, mark), number};
}

std::string prefix_of(const std::string& directory, const std::string& node, const std::string& partition) {
  return directory + "/" + base::plain_name(node) + "." + base::plain_name(partition) + ".";
}

}  // namespace

struct PartitionJournal::File {
  int descriptor = -1;
  std::string path;
  File(int opened, std::string at) : descriptor(opened), path(std::move(at)) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (descriptor >= 0) ::close(descriptor);
  }
};

PartitionJournal::PartitionJournal(std::string prefix, std::vector<Segment> segments)
    : prefix_(std::move(prefix)), segments_(std::move(segments)) {}

PartitionJournal::~PartitionJournal() = default;

std::uint64_t PartitionJournal::this_process() {
  static const std::uint64_t number = [] {
    std::random_device random;
    return (static_cast<std::uint64_t>(random()) << 32 | random()) | 1;
  }();
  return number;
}

std::vector<PartitionJournal::Segment> PartitionJournal::list(const std::string& prefix) {
  const std::size_t slash = prefix.rfind('/') + 1;
  const std::string_view start = std::string_view(prefix).substr(slash);
  std::vector<Segment> segments;
  std::error_code error;
  std::filesystem::directory_iterator files(prefix.substr(0, slash), error), end;
  for (; !error && files != end; files.increment(error)) {
    const std::string name = files->path().filename().string();
    if (!name.starts_with(start) || !name.ends_with(kSuffix)) continue;
    Segment segment{0, files->path().string()};
    const char* const last = name.data() + name.size() - kSuffix.size();
    const auto read = std::from_chars(name.data() + start.size(), last, segment.offset);
    if (read.ec == std::errc() && read.ptr == last) segments.push_back(std::move(segment));
  }
  std::sort(segments.begin(), segments.end(), [](const auto& a, const auto& b) { return a.offset < b.offset; });
  return segments;
}

bool PartitionJournal::exists(const std::string& directory, const std::string& node, const std::string& partition) {
  return !list(prefix_of(directory, node, partition)).empty();
}

base::Result<std::unique_ptr<PartitionJournal>> PartitionJournal::open(const std::string& directory,
                                                                       const std::string& node,
                                                                       const std::string& partition,
                                                                       std::int64_t from) {
  if (auto made = base::make_directory_durably(directory, {.sync = sync_directory, .cannot_make = cannot_make}); !made)
    return tl::unexpected(made.error());
  std::string prefix = prefix_of(directory, node, partition);
  auto segments = list(prefix);
  std::unique_ptr<PartitionJournal> journal(new PartitionJournal(std::move(prefix), std::move(segments)));
  journal->end_ = from;
  auto& all = journal->segments_;
  while (journal->next_segment_ + 1 < all.size() && all[journal->next_segment_ + 1].offset <= from)
    ++journal->next_segment_;
  if (!all.empty() && all[journal->next_segment_].offset > from)
    return damaged(all[journal->next_segment_].path, "the segment before it is missing");
  if (all.empty()) return journal;
  if (auto loaded = journal->load(all[journal->next_segment_++], from); !loaded) return tl::unexpected(loaded.error());
  return journal;
}

/// Into held_, from offset `from` on; checks each block.
base::Result<void> PartitionJournal::load(const Segment& segment, std::int64_t from) {
  const auto read = read_all(segment.path);
  if (!read) return tl::unexpected(read.error());
  const std::string& bytes = *read;
  std::string_view rest = bytes;
  held_.clear();
  taken_ = 0;
  if (rest.size() < kHeadBytes) return {};  // Its writer died at once.
  if (!rest.starts_with(kMagic) || get<std::uint32_t>(rest.substr(8)) != kVersion ||
      checksum(rest.substr(0, kHeadBytes - 4)) != get<std::uint32_t>(rest.substr(kHeadBytes - 4)) ||
      get<std::int64_t>(rest.substr(12)) != segment.offset)
    return damaged(segment.path, "this is no segment of a journal");
  process_ = get<std::uint64_t>(rest.substr(20));
  rest.remove_prefix(kHeadBytes);
  std::int64_t at = segment.offset;
  while (rest.size() >= kBlockHeadBytes) {
    const auto length = get<std::uint32_t>(rest);
    if (length == 0 && rest.find_first_not_of('\0') == rest.npos) break;  // Room that was never filled.
    const bool head_is_good = checksum(rest.substr(0, 8)) == get<std::uint32_t>(rest.substr(8));
    if (!head_is_good) return damaged(segment.path, rest.data() - bytes.data());
    if (length > rest.size() - kBlockHeadBytes) break;  // Cut short.
    const std::string_view block = rest.substr(kBlockHeadBytes, length);
    if (checksum(block) != get<std::uint32_t>(rest.substr(4))) return damaged(segment.path, rest.data() - bytes.data());
    const auto skipped = std::clamp<std::int64_t>(from - at, 0, length);
    held_.append(block.substr(static_cast<std::size_t>(skipped)));
    has_end_ = length == 0;
    at += length;
    rest.remove_prefix(kBlockHeadBytes + length);
  }
  end_ = std::max(from, at);
  // Who wrote it may have died before the sync.
  const int descriptor = ::open(segment.path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return failed("open", segment.path);
  unsynced_.push_back(std::make_shared<File>(descriptor, segment.path));
  return {};
}

base::Result<std::size_t> PartitionJournal::read(char* room, std::size_t most) {
  while (taken_ == held_.size()) {
    if (next_segment_ == segments_.size()) return 0;
    const Segment& segment = segments_[next_segment_++];
    if (segment.offset != end_)
      return damaged(segment.path, "the bytes from " + std::to_string(end_) + " to it are missing");
    if (auto loaded = load(segment, end_); !loaded) return tl::unexpected(loaded.error());
  }
  const std::size_t taken = std::min(most, held_.size() - taken_);
  std::memcpy(room, held_.data() + taken_, taken);
  taken_ += taken;
  return taken;
}

base::Result<void> PartitionJournal::begin_segment() {
  std::string digits = std::to_string(end_);
  digits.insert(0, 20 - digits.size(), '0');
  const std::string path = prefix_ + digits + std::string(kSuffix);
  // One that is there holds nothing whole, or this one would begin behind it. Not to be written over: had a sync of it
  // failed, nobody would know what the disk holds.
  ::unlink(path.c_str());
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor < 0) return failed("write", path);
  file_ = std::make_shared<File>(descriptor, path);
  std::string head(kMagic);
  put(head, kVersion);
  put(head, end_);
  put(head, this_process());
  put(head, checksum(head));
  if (!write_all(descriptor, head)) return failed("write", path);
  file_bytes_ = head.size();
  process_ = this_process();
  std::erase_if(segments_, [&](const Segment& segment) { return segment.path == path; });
  segments_.push_back({end_, path});
  next_segment_ = segments_.size();
  return {};
}

base::Result<void> PartitionJournal::append(std::string_view bytes) {
  if (bytes.empty()) return {};
  return append_block(bytes);
}

base::Result<void> PartitionJournal::append_end() { return append_block({}); }

base::Result<void> PartitionJournal::append_block(std::string_view bytes) {
  if (file_ == nullptr || file_bytes_ >= kSegmentBytes)
    if (auto begun = begin_segment(); !begun) return begun;
  std::string head;
  put(head, static_cast<std::uint32_t>(bytes.size()));
  put(head, checksum(bytes));
  put(head, checksum(head));
  if (!write_all(file_->descriptor, head) || !write_all(file_->descriptor, bytes)) {
    auto failure = failed("write", file_->path);
    file_ = nullptr;  // What follows would stand behind half a block.
    return failure;
  }
  file_bytes_ += head.size() + bytes.size();
  end_ += static_cast<std::int64_t>(bytes.size());
  if (unsynced_.empty() || unsynced_.back() != file_) unsynced_.push_back(file_);
  return {};
}

base::Result<bool> PartitionJournal::will_have_end() const {
  if (next_segment_ >= segments_.size()) return has_end_;
  PartitionJournal tail(prefix_, {});
  if (auto loaded = tail.load(segments_.back(), std::numeric_limits<std::int64_t>::max()); !loaded)
    return tl::unexpected(loaded.error());
  return tail.has_end_;
}

api::BlockingJob PartitionJournal::sync() {
  if (unsynced_.empty()) return {};
  return [files = std::exchange(unsynced_, {}), directory = prefix_.substr(0, prefix_.rfind('/'))]() {
    base::Result<void> outcome;
    for (const auto& file : files)
      if (outcome) outcome = sync_descriptor(file->descriptor, file->path);
    return outcome ? sync_directory(directory) : outcome;
  };
}

void PartitionJournal::release(std::int64_t below) {
  while (segments_.size() > 1 && segments_[1].offset <= below) {
    ::unlink(segments_.front().path.c_str());
    segments_.erase(segments_.begin());
    if (next_segment_ > 0) --next_segment_;
  }
}

std::vector<std::string> PartitionJournal::partitions(const std::string& directory, const std::string& node) {
  const auto came_before = [](const std::string& a, const std::string& b) {
    return name_and_number(a) < name_and_number(b);
  };
  std::set<std::string, decltype(came_before)> names(came_before);
  const std::string start = base::plain_name(node) + ".";
  std::error_code error;
  std::filesystem::directory_iterator files(directory, error), end;
  for (; !error && files != end; files.increment(error)) {
    const std::string name = files->path().filename().string();
    if (!name.starts_with(start) || !name.ends_with(kSuffix)) continue;
    const std::size_t dot = name.find('.', start.size());
    names.insert(base::from_plain_name(std::string_view(name).substr(start.size(), dot - start.size())));
  }
  return {names.begin(), names.end()};
}

void PartitionJournal::remove(const std::string& directory, const std::string& node, const std::string& partition) {
  for (const Segment& segment : list(prefix_of(directory, node, partition))) ::unlink(segment.path.c_str());
}

}  // namespace penstock::operators
