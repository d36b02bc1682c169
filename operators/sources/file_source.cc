#include "operators/sources/file_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

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

/// Spreads paths over tasks the same way in every task, whenever each of them comes to see a file (FNV-1a).
std::uint64_t hash_of(const std::string& path) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const char c : path) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  return hash;
}

}  // namespace

FileSource::FileSource(const api::NodeSpec& spec)
    : node_(spec.node),
      place_(spec.place),
      path_(spec.node.params.text("path")),
      follow_(spec.node.params.flag("follow")),
      run_(spec.node.schema) {}

FileSource::~FileSource() {
  for (File& file : files_) close_file(file);
}

base::Result<void> FileSource::open(api::SourceContext& context) {
  const auto paths = list_files(path_, follow_);
  if (!paths) return tl::unexpected(paths.error());
  const auto tasks = static_cast<std::size_t>(place_.count);
  for (std::size_t i = 0; i < paths->size(); ++i) {
    const std::size_t owner = follow_ ? hash_of((*paths)[i]) % tasks : i % tasks;
    if (owner != static_cast<std::size_t>(place_.index)) continue;
    if (auto added = add_file((*paths)[i], context); !added) return added;
  }
  if (follow_) {
    watch_.add(directories_of(path_), context);
  } else {
    context.partitions_complete();
  }
  return {};
}

base::Result<void> FileSource::add_file(const std::string& path, api::SourceContext& context) {
  auto decoder = make_decoder(node_.format, node_.schema, node_.format_params);
  if (!decoder) return tl::unexpected(decoder.error());
  const api::PartitionId id = context.add_partition(path, !follow_);
  if (files_.size() <= id) files_.resize(id + 1);
  files_[id].reader = std::make_unique<RecordReader>(path, id, std::move(*decoder));
  known_.insert(path);
  return {};
}

void FileSource::poll(api::SourceContext& context) {
  if (follow_ && watch_.is_due(context)) look_for_files(context);
}

void FileSource::look_for_files(api::SourceContext& context) {
  const auto paths = list_files(path_, true);
  if (!paths) return;  // What was there before is still read; the next look may see more.
  bool any = false;
  for (const std::string& path : *paths) {
    if (hash_of(path) % static_cast<std::size_t>(place_.count) != static_cast<std::size_t>(place_.index)) continue;
    if (known_.count(path) != 0) continue;
    if (auto added = add_file(path, context); !added) return context.fail(added.error());
    any = true;
  }
  if (any) watch_.add(directories_of(path_), context);
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
      case Fill::kMore:
        reader.decode(max_rows, false, run_, context);
        return api::Step::kProgress;
      case Fill::kEnd:
        if (follow_) return api::Step::kIdle;
        file.at_end = true;
    }
  }
  if (reader.decode(max_rows, true, run_, context)) return api::Step::kProgress;
  close_file(file);
  reader.buffer().release();
  return api::Step::kDone;
}

FileSource::Fill FileSource::fill(File& file, api::SourceContext& context) {
  if (!ensure_open(file, context)) return Fill::kFailed;
  const std::size_t wanted = files_.size() > kManyFiles ? kReadBytesOfMany : kReadBytes;
  char* const room = file.reader->buffer().room(wanted);
  ssize_t got = 0;
  do {
    got = ::read(file.descriptor, room, wanted);
  } while (got < 0 && errno == EINTR);
  if (got < 0) {
    fail(file, "cannot read", errno, context);
    return Fill::kFailed;
  }
  file.reader->buffer().filled(static_cast<std::size_t>(got));
  if (got > 0) return Fill::kMore;
  struct stat status {};
  const auto place = file.reader->buffer().offset() + static_cast<std::int64_t>(file.reader->buffer().bytes().size());
  if (follow_ && fstat(file.descriptor, &status) == 0 && status.st_size < place) {
    fail(file, "the file became shorter than what was read of", 0, context);
    return Fill::kFailed;
  }
  return Fill::kEnd;
}

bool FileSource::ensure_open(File& file, api::SourceContext& context) {
  if (file.descriptor >= 0) return true;
  if (open_files_ >= kMostOpenFiles) close_longest_unread();
  file.descriptor = ::open(file.reader->name().c_str(), O_RDONLY | O_CLOEXEC);
  if (file.descriptor < 0) {
    fail(file, "cannot open", errno, context);
    return false;
  }
  ++open_files_;
  posix_fadvise(file.descriptor, 0, 0, POSIX_FADV_SEQUENTIAL);
  const std::int64_t offset = file.reader->buffer().offset();
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

void FileSource::close_file(File& file) {
  if (file.descriptor < 0) return;
  ::close(file.descriptor);
  file.descriptor = -1;
  --open_files_;
}

/// What was read ahead of it is forgotten; it will be read again.
void FileSource::close_longest_unread() {
  File* longest = nullptr;
  for (File& file : files_)
    if (file.descriptor >= 0 && (longest == nullptr || file.last_read < longest->last_read)) longest = &file;
  if (longest == nullptr) return;
  close_file(*longest);
  longest->reader->buffer().release();
}

base::Result<std::unique_ptr<api::Source>> make_file_source(const api::NodeSpec& spec) {
  return std::make_unique<FileSource>(spec);
}

}  // namespace penstock::operators
