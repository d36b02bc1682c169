#include "runtime/checkpoint/work_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <new>
#include <optional>

#include "runtime/base/utf8_text.h"
#include "runtime/checkpoint/checkpoint_file.h"

namespace penstock::checkpoint {

using base::WorkMark;

namespace {

constexpr std::size_t kMostBytes = 16 << 20;

static_assert(sizeof(WorkMark) == 1024 && std::atomic<std::int64_t>::is_always_lock_free);

tl::unexpected<base::Error> failed(const std::string& path, int error) {
  return base::fail("checkpoint_write_failed", "cannot make " + path + ": " + std::strerror(error), path,
                    base::Origin::kEnvironment);
}

template <class T>
T value_at(const char* bytes, std::size_t offset) {
  T value;
  std::memcpy(&value, bytes + offset, sizeof value);
  return value;
}

std::string text_at(const char* bytes, std::size_t offset, std::size_t size, std::size_t most) {
  std::string text = base::as_utf8({bytes + offset, std::min(size, most)});
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  return text;
}

WorkedOn worked_on(const char* bytes) {
  WorkedOn out;
  out.chain = value_at<std::uint32_t>(bytes, offsetof(WorkMark, chain));
  out.instance = value_at<std::uint32_t>(bytes, offsetof(WorkMark, instance));
  out.node = value_at<std::uint32_t>(bytes, offsetof(WorkMark, node));
  const auto what = value_at<std::uint32_t>(bytes, offsetof(WorkMark, what));
  const bool active = value_at<std::uint32_t>(bytes, offsetof(WorkMark, active)) == 1;
  out.what = active && what <= WorkMark::kTime ? static_cast<WorkMark::What>(what) : WorkMark::kNothing;
  out.first = value_at<std::int64_t>(bytes, offsetof(WorkMark, first));
  out.last = value_at<std::int64_t>(bytes, offsetof(WorkMark, last));
  out.count = value_at<std::uint32_t>(bytes, offsetof(WorkMark, count));
  out.partition =
      text_at(bytes, offsetof(WorkMark, partition), value_at<std::uint16_t>(bytes, offsetof(WorkMark, partition_size)),
              WorkMark::kPartitionBytes);
  out.row = text_at(bytes, offsetof(WorkMark, row), value_at<std::uint16_t>(bytes, offsetof(WorkMark, row_size)),
                    WorkMark::kRowBytes);
  return out;
}

std::optional<InputAt> input_at(const char* bytes) {
  const auto offset = value_at<std::int64_t>(bytes, offsetof(WorkMark, read_to));
  const WorkedOn work = worked_on(bytes);
  if (offset < 0 || work.partition.empty()) return std::nullopt;  // A mark is of zeros before its task has begun.
  return InputAt{work.chain, work.instance, work.partition, offset,
                 value_at<std::uint32_t>(bytes, offsetof(WorkMark, on_its_way)) == 1};
}

template <class Do>
void for_each_mark(const std::string& path, Do&& look) {
  const auto bytes = read_file(path);
  if (!bytes || bytes->size() > kMostBytes) return;
  for (std::size_t at = 0; at + sizeof(WorkMark) <= bytes->size(); at += sizeof(WorkMark)) look(bytes->data() + at);
}

}  // namespace

/// The blocks are asked for first: a full disk found out by a store into the mapping would end the process.
base::Result<std::unique_ptr<WorkFile>> WorkFile::make(const std::string& path, std::size_t tasks) {
  const std::size_t bytes = std::max<std::size_t>(tasks, 1) * sizeof(WorkMark);
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return failed(path, errno);
  int error = ::posix_fallocate(file, 0, static_cast<off_t>(bytes));
  void* at = MAP_FAILED;
  if (error == 0) {
    at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    error = at == MAP_FAILED ? errno : 0;
  }
  ::close(file);
  if (error != 0) {
    ::unlink(path.c_str());
    return failed(path, error);
  }
  auto* marks = static_cast<WorkMark*>(at);
  for (std::size_t i = 0; i < tasks; ++i) new (marks + i) WorkMark;
  return std::unique_ptr<WorkFile>(new WorkFile(path, marks, tasks));
}

WorkFile::~WorkFile() {
  ::munmap(marks_, std::max<std::size_t>(tasks_, 1) * sizeof(WorkMark));
  if (!kept_) ::unlink(path_.c_str());
}

std::string in_words(const WorkedOn& work, const std::string& node, const std::string& source) {
  if (work.what == WorkMark::kTime)
    return fmt::format("'{}' (task {}) with a watermark, a timer, a barrier or the end of its input", node,
                       work.instance);
  if (work.what == WorkMark::kReading) {
    const std::string behind = work.first >= 0 ? fmt::format(" the record behind {}", work.first) : std::string();
    return fmt::format("'{}' reading {}{}", source, work.partition, behind);
  }
  const std::string row = work.row.empty() ? "" : "; the row is " + work.row;
  if (work.partition.empty())
    return fmt::format("'{}' (task {}) with {} row{} of other tasks{}", node, work.instance, work.count,
                       work.count == 1 ? "" : "s", row);
  const std::string where = work.first < 0            ? ""
                            : work.first == work.last ? fmt::format(" at {}", work.first)
                                                      : fmt::format(" from {} to {}", work.first, work.last);
  return fmt::format("'{}' with {}, {}{}{}", node, source, work.partition, where, row);
}

std::vector<WorkedOn> read_work_file(const std::string& path) {
  std::vector<WorkedOn> found;
  for_each_mark(path, [&](const char* mark) {
    WorkedOn one = worked_on(mark);
    if (one.what != WorkMark::kNothing) found.push_back(std::move(one));
  });
  return found;
}

std::vector<InputAt> read_inputs(const std::string& path) {
  std::vector<InputAt> found;
  for_each_mark(path, [&](const char* mark) {
    if (auto one = input_at(mark)) found.push_back(std::move(*one));
  });
  return found;
}

}  // namespace penstock::checkpoint
