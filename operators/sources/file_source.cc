#include "operators/sources/file_source.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "operators/formats/formats.h"
#include "operators/sources/file_list.h"

namespace penstock::operators {
namespace {

constexpr int kMostOpenFiles = 128;
constexpr std::size_t kReadBytes = 256 << 10;
constexpr std::size_t kManyFiles = 16;
constexpr std::size_t kReadBytesOfMany = 64 << 10;  ///< When many files are read in turn.
constexpr const char* kRewritten = "holds other bytes now than were read of it: it was written anew";

std::int64_t end_of(const ChunkBuffer& buffer) {
  return buffer.offset() + static_cast<std::int64_t>(buffer.bytes().size());
}

}  // namespace

FileSource::FileSource(const api::NodeSpec& spec)
    : node_(spec.node),
      place_(spec.place),
      path_(spec.node.params.text("path")),
      follow_(spec.node.params.flag("follow")),
      run_(spec.node.schema),
      owners_(spec.place) {}

FileSource::~FileSource() {
  for (File& file : files_) close_file(file);
}

base::Result<void> FileSource::open(api::SourceContext& context) {
  // Every task of the restored checkpoint has put down its partitions: when there are none there was no checkpoint.
  const bool restored = !context.restored_partitions().empty();
  if (auto opened = restored ? open_restored(context) : open_anew(context); !opened) return opened;
  if (!follow_) context.partitions_complete();
  if (!follow_) return {};
  if (auto looked = look_for_files(context); !looked) return looked;
  watch_.add(directories_of(path_), context);
  return {};
}

base::Result<void> FileSource::open_anew(api::SourceContext& context) {
  const auto paths = list_files(path_, follow_);
  if (!paths) return tl::unexpected(paths.error());
  const auto tasks = static_cast<std::size_t>(place_.count);
  for (std::size_t i = 0; i < paths->size() && !follow_; ++i) {
    if (i % tasks != static_cast<std::size_t>(place_.index)) continue;
    if (auto added = add_file((*paths)[i], (*paths)[i], {}, context); !added) return tl::unexpected(added.error());
  }
  return {};
}

/// The partitions of the checkpoint and, when the files are bounded, no others: what has been added since belongs to no
/// run that began before.
base::Result<void> FileSource::open_restored(api::SourceContext& context) {
  if (follow_) return open_followed(context);
  std::size_t i = 0;
  for (const std::string_view listed : context.restored_partitions()) {
    const std::string name(listed);
    const bool mine = i++ % static_cast<std::size_t>(place_.count) == static_cast<std::size_t>(place_.index);
    const auto position = restored_position(name, context);
    if (!position) return tl::unexpected(position.error());
    if (!mine) continue;
    if (auto added = go_on(name, *position, context); !added) return added;
  }
  return {};
}

base::Result<void> FileSource::open_followed(api::SourceContext& context) {
  std::vector<std::pair<std::string, FilePosition>> former;
  for (const std::string_view listed : context.restored_partitions()) {
    std::string name(listed);
    auto position = restored_position(name, context);
    if (!position) return tl::unexpected(position.error());
    names_.insert(name);
    if (position->ended) continue;  // Deleted since; older checkpoints list it.
    if (position->identity.inode == 0) position->identity = look_at(position->path).value_or(FileFacts{}).identity;
    owners_.restore(name, position->identity);
    former.emplace_back(std::move(name), std::move(*position));
  }
  for (const auto& [name, position] : former)
    if (owners_.is_mine(position.identity))
      if (auto added = go_on(name, position, context); !added) return added;
  return {};
}

base::Result<FilePosition> FileSource::restored_position(const std::string& name, const api::SourceContext& context) {
  auto position = FilePosition::parse(context.restored_position(name).value_or(""));
  if (position) return std::move(*position);
  return base::fail("checkpoint_damaged", "what the checkpoint holds of " + name + " is no place in a file", name,
                    base::Origin::kEnvironment);
}

base::Result<void> FileSource::go_on(const std::string& name, const FilePosition& position,
                                     api::SourceContext& context) {
  std::string path = position.path;
  if (!position.ended) {
    const auto found = find_again(position);
    if (!found) return tl::unexpected(found.error());
    if (auto same = check_behind(position, *found); !same) return same;
    path = *found;
  }
  const auto added = add_file(name, path, position, context);
  if (!added) return tl::unexpected(added.error());
  return {};
}

base::Result<api::PartitionId> FileSource::add_file(const std::string& name, const std::string& path,
                                                    const FilePosition& position, api::SourceContext& context) {
  auto decoder = make_decoder(node_.format, node_.schema, node_.format_params);
  if (!decoder) return tl::unexpected(decoder.error());
  if (!(*decoder)->resume(position.learnt))
    return base::fail("checkpoint_damaged", "what the checkpoint holds of the format of " + name + " cannot be read",
                      name, base::Origin::kEnvironment);
  const api::PartitionId id = context.add_partition(name, !follow_);
  if (files_.size() <= id) files_.resize(id + 1);
  File& file = files_[id] = {};
  file.reader = std::make_unique<RecordReader>(name, id, std::move(*decoder), position.offset);
  file.path = path;
  file.identity = position.identity;
  file.behind = position.behind;
  file.bytes = position.bytes;
  file.ended = position.ended;
  if (const auto facts = look_at(path); facts && file.identity.inode == 0) {
    file.identity = facts->identity;
    file.bytes = facts->bytes;
  }
  if (follow_) followed_.emplace(file.identity.inode, id);
  return id;
}

std::string FileSource::position(api::PartitionId partition) const {
  const File& file = files_[partition];
  FilePosition position{file.identity, file.reader->offset(), file.bytes, file.ended,
                        file.path,     file.reader->learnt(), file.behind};
  const std::string_view behind = file.reader->buffer().behind();
  if (!behind.empty()) position.behind = fingerprint_of(behind);
  position.bytes = std::max(position.bytes, position.offset);
  return position.text();
}

void FileSource::poll(api::SourceContext& context) {
  if (!follow_ || !watch_.is_due(context)) return;
  if (auto looked = look_for_files(context); !looked) context.fail(looked.error());
}

FileSource::File* FileSource::find_followed(const FileIdentity& identity) {
  const auto [first, last] = followed_.equal_range(identity.inode);
  const auto found =
      std::find_if(first, last, [&](const auto& entry) { return files_[entry.second].identity.is(identity); });
  return found == last ? nullptr : &files_[found->second];
}

std::string FileSource::unused_name(const std::string& first) const {
  std::string name = first;
  for (int times = 2; names_.count(name) != 0; ++times) name = first + "#" + std::to_string(times);
  return name;
}

base::Result<void> FileSource::look_for_files(api::SourceContext& context) {
  const auto paths = list_files(path_, true);
  if (!paths) return {};  // What was there before is still read; the next look may see more.
  bool any = false;
  for (const std::string& path : *paths) {
    const auto facts = look_at(path);
    if (!facts || !owners_.is_mine(facts->identity)) continue;
    if (File* const known = find_followed(facts->identity)) {
      known->path = path;
      continue;
    }
    const std::string name = unused_name(owners_.name_of(path, facts->identity));
    names_.insert(name);
    FilePosition start;
    start.identity = facts->identity;  // By the time it is added the path may be that of another file.
    start.bytes = facts->bytes;
    const auto added = add_file(name, path, start, context);
    if (!added) return tl::unexpected(added.error());
    any = true;
  }
  if (any) watch_.add(directories_of(path_), context);
  return {};
}

api::Step FileSource::read(api::PartitionId partition, std::uint32_t max_rows, api::SourceContext& context) {
  File& file = files_[partition];
  file.last_read = ++reads_;
  RecordReader& reader = *file.reader;
  if (!file.at_end && reader.decode(max_rows, false, run_, context)) return api::Step::kProgress;
  if (!file.at_end) {
    switch (fill(file, context)) {
      case Fill::kFailed:
        return api::Step::kIdle;
      case Fill::kGone:
        return end(file);
      case Fill::kMore:
        reader.decode(max_rows, false, run_, context);
        return api::Step::kProgress;
      case Fill::kEnd:
        if (follow_) return api::Step::kIdle;
        file.at_end = true;
    }
  }
  return reader.decode(max_rows, true, run_, context) ? api::Step::kProgress : end(file);
}

api::Step FileSource::end(File& file) {
  close_file(file);
  forget_bytes(file);
  file.ended = true;
  std::erase_if(followed_, [&](const auto& entry) { return &files_[entry.second] == &file; });
  return api::Step::kDone;
}

FileSource::Fill FileSource::fill(File& file, api::SourceContext& context) {
  if (!ensure_open(file, context)) return Fill::kFailed;
  const std::size_t wanted = files_.size() > kManyFiles ? kReadBytesOfMany : kReadBytes;
  ChunkBuffer& buffer = file.reader->buffer();
  char* const room = buffer.room(wanted);
  ssize_t got = 0;
  do {
    got = ::read(file.descriptor, room, wanted);
  } while (got < 0 && errno == EINTR);
  if (got < 0) {
    fail(file, "cannot read", errno, context);
    return Fill::kFailed;
  }
  if (got == 0) return follow_ ? look_at_end(file, context) : Fill::kEnd;
  // Looked at after reading: what still stands there then stood there while it was read on.
  const std::string_view before = buffer.last();
  if (follow_ && bytes_before(file.descriptor, end_of(buffer), before.size()) != before) {
    fail_changed(file, "file_rewritten", kRewritten, context);
    return Fill::kFailed;
  }
  buffer.filled(static_cast<std::size_t>(got));
  return Fill::kMore;
}

/// Of a followed file.
FileSource::Fill FileSource::look_at_end(File& file, api::SourceContext& context) {
  const auto facts = look_at(file.descriptor);
  if (!facts) return Fill::kEnd;
  const auto place = end_of(file.reader->buffer());
  file.bytes = facts->bytes;
  if (facts->bytes < place) {
    const std::string what = "became shorter, to " + std::to_string(facts->bytes) + " bytes, than the ";
    fail_changed(file, "file_truncated", what + std::to_string(place) + " that were read of it", context);
    return Fill::kFailed;
  }
  // Nobody can find it any more, and all of it has been read.
  return !facts->linked && file.reader->buffer().bytes().empty() ? Fill::kGone : Fill::kEnd;
}

bool FileSource::ensure_open(File& file, api::SourceContext& context) {
  if (file.descriptor >= 0) return true;
  if (open_files_ >= kMostOpenFiles) close_longest_unread();
  return take_up(file, context);
}

/// Opens it where it is now, at the place where it was left.
bool FileSource::take_up(File& file, api::SourceContext& context) {
  for (int tries = 0;; ++tries) {
    file.descriptor = ::open(file.path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file.descriptor >= 0) ++open_files_;
    const int error = errno;
    const auto facts = file.descriptor < 0 ? std::nullopt : look_at(file.descriptor);
    if (facts && (file.identity.inode == 0 || facts->identity.is(file.identity))) {
      file.bytes = facts->bytes;
      break;
    }
    close_file(file);
    const auto elsewhere = tries == 0 ? find_beside(file.path, file.identity) : std::nullopt;
    if (!elsewhere) {
      fail(file, facts ? "another file has taken the place of" : "cannot open", facts ? 0 : error, context);
      return false;
    }
    file.path = *elsewhere;
  }
  posix_fadvise(file.descriptor, 0, 0, POSIX_FADV_SEQUENTIAL);
  const std::int64_t offset = file.reader->offset();
  const std::string behind =
      bytes_before(file.descriptor, offset, std::min(static_cast<std::size_t>(offset), ChunkBuffer::kKept));
  if (!stands_before(file.descriptor, offset, file.behind)) {
    fail_changed(file, "file_rewritten", kRewritten, context);
    close_file(file);
    return false;
  }
  file.reader->buffer().put_behind(behind);
  if (offset > 0 && lseek(file.descriptor, offset, SEEK_SET) != offset) {
    fail(file, "cannot go on in", errno, context);
    return false;
  }
  return true;
}

void FileSource::fail(const File& file, const std::string& what, int error, api::SourceContext& context) {
  const std::string& path = file.reader->name();
  const std::string place = path + "@" + std::to_string(file.reader->buffer().offset());
  std::string text = what + " " + path;
  if (error != 0) text += std::string(": ") + std::strerror(error);
  context.fail({"file_read_failed", std::move(text), base::Origin::kEnvironment, true, place});
}

void FileSource::fail_changed(const File& file, const char* code, const std::string& what,
                              api::SourceContext& context) {
  const std::string& path = file.reader->name();
  const std::string place = path + "@" + std::to_string(file.reader->offset());
  context.fail({code, path + " " + what + kWayOut, base::Origin::kEnvironment, true, place});
}

void FileSource::close_file(File& file) {
  if (file.descriptor < 0) return;
  ::close(file.descriptor);
  file.descriptor = -1;
  --open_files_;
}

void FileSource::forget_bytes(File& file) {
  ChunkBuffer& buffer = file.reader->buffer();
  if (!buffer.behind().empty()) file.behind = fingerprint_of(buffer.behind());
  buffer.release();
}

/// What was read ahead of it is forgotten; it will be read again.
void FileSource::close_longest_unread() {
  File* longest = nullptr;
  for (File& file : files_)
    if (file.descriptor >= 0 && (longest == nullptr || file.last_read < longest->last_read)) longest = &file;
  if (longest == nullptr) return;
  close_file(*longest);
  forget_bytes(*longest);
}

base::Result<std::unique_ptr<api::Source>> make_file_source(const api::NodeSpec& spec) {
  return std::make_unique<FileSource>(spec);
}

}  // namespace penstock::operators
