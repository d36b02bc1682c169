#include "runtime/checkpoint/checkpoint_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "runtime/base/crc32c.h"
#include "runtime/base/durable_directory.h"
#include "runtime/base/failpoint.h"

namespace penstock::checkpoint {
namespace {

constexpr std::string_view kMagic = "PENSTCKP";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kHead = 24;

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
  const int error = errno;
  const char* code = error == ENOSPC || error == EDQUOT ? "disk_full" : "checkpoint_write_failed";
  return base::fail(code, "cannot " + what + " " + path + ": " + std::strerror(error), path,
                    base::Origin::kEnvironment);
}

/// Closes on the way out.
struct Descriptor {
  int number;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
};

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

}  // namespace

std::string frame(std::string_view payload) {
  std::string out(kMagic);
  put(out, kVersion);
  put(out, checksum(payload));
  put(out, static_cast<std::uint64_t>(payload.size()));
  out.append(payload);
  return out;
}

base::Result<std::string> unframe(std::string_view bytes, const std::string& path) {
  const auto damaged = [&](const char* what) {
    return base::fail("checkpoint_damaged", path + ": " + what, path, base::Origin::kEnvironment);
  };
  if (bytes.size() < kHead || bytes.substr(0, kMagic.size()) != kMagic)
    return damaged("this is no file of a checkpoint, or only its beginning is here");
  const auto version = get<std::uint32_t>(bytes.substr(8));
  if (version != kVersion)
    return base::fail("checkpoint_version",
                      path + ": written by another version of penstock (format " + std::to_string(version) +
                          ", this one reads " + std::to_string(kVersion) + ")",
                      path, base::Origin::kEnvironment);
  const std::string_view payload = bytes.substr(kHead);
  if (payload.size() != get<std::uint64_t>(bytes.substr(16))) return damaged("the file has been cut or has grown");
  if (checksum(payload) != get<std::uint32_t>(bytes.substr(12)))
    return damaged("its checksum does not fit its content");
  return std::string(payload);
}

base::Result<void> write_file_durably(const std::string& path, std::string_view bytes) {
  const std::string temporary = path + ".tmp";
  // Of a file that could not be synced nobody knows what the disk holds, whatever later syncs say.
  ::unlink(temporary.c_str());
  {
    const Descriptor file{::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)};
    if (file.number < 0) return failed("make", temporary);
    if (!write_all(file.number, bytes)) return failed("write", temporary);
    base::failpoint("checkpoint.file.written");
    if (::fsync(file.number) != 0) return failed("sync", temporary);
  }
  base::failpoint("checkpoint.file.synced");
  if (::rename(temporary.c_str(), path.c_str()) != 0) return failed("give its name to", path);
  base::failpoint("checkpoint.file.renamed");
  if (auto synced = sync_directory(directory_of(path)); !synced) return synced;
  base::failpoint("checkpoint.file.lasting");
  return {};
}

base::Result<std::string> read_file(const std::string& path) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  const auto refuse = [&](const char* code) {
    return base::fail(code, "cannot read " + path + ": " + std::strerror(errno), path, base::Origin::kEnvironment);
  };
  if (file.number < 0) return refuse(errno == ENOENT ? "checkpoint_missing" : "checkpoint_unreadable");
  std::string bytes;
  std::array<char, 1 << 16> chunk{};
  for (;;) {
    const ssize_t got = ::read(file.number, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return refuse("checkpoint_unreadable");
    if (got == 0) return bytes;
    bytes.append(chunk.data(), static_cast<std::size_t>(got));
  }
}

base::Result<void> sync_directory(const std::string& path) {
  const Descriptor directory{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (directory.number < 0 || ::fsync(directory.number) != 0) return failed("sync the directory", path);
  return {};
}

base::Result<void> make_directory_durably(const std::string& path) {
  return base::make_directory_durably(
      path, {.sync = sync_directory, .cannot_make = [](const std::string& directory, int error) -> base::Result<void> {
               errno = error;
               return failed("make the directory", directory);
             }});
}

}  // namespace penstock::checkpoint
