#include "operators/sources/file_position.h"

#include <fcntl.h>
#include <unistd.h>

#include <sstream>

namespace penstock::operators {
namespace {
constexpr int kVersion = 2;

std::string have_read(const FilePosition& position) {
  return "the checkpoint has read " + std::to_string(position.offset) + " bytes of " + position.path;
}

}  // namespace

std::string FilePosition::text() const {
  std::ostringstream out;
  out << kVersion << ' ' << identity.inode << ' ' << identity.born_ns << ' ' << offset << ' ' << bytes << ' ' << ended
      << ' ' << path.size() << ' ' << behind.bytes << ' ' << behind.crc << '\n'
      << path << learnt;
  return std::move(out).str();
}

std::optional<FilePosition> FilePosition::parse(std::string_view text) {
  FilePosition position;
  const std::size_t end = text.find('\n');
  if (end == text.npos) return std::nullopt;
  std::istringstream line{std::string(text.substr(0, end))};
  int version = 0;
  std::size_t path_bytes = 0;
  line >> version >> position.identity.inode >> position.identity.born_ns >> position.offset >> position.bytes >>
      position.ended >> path_bytes;
  if (version > 1) line >> position.behind.bytes >> position.behind.crc;
  text.remove_prefix(end + 1);
  if (!line || version < 1 || version > kVersion || position.offset < 0 || path_bytes > text.size())
    return std::nullopt;
  if (position.behind.bytes > static_cast<std::uint64_t>(position.offset)) return std::nullopt;
  position.path = text.substr(0, path_bytes);
  position.learnt = text.substr(path_bytes);
  return position;
}

base::Result<void> check_behind(const FilePosition& position, const std::string& name) {
  if (position.behind.bytes == 0) return {};
  const int descriptor = ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return {};  // Reading it will say why.
  const bool unchanged = stands_before(descriptor, position.offset, position.behind);
  ::close(descriptor);
  if (unchanged) return {};
  return base::fail(
      "file_rewritten",
      have_read(position) + ", but " + name + " holds other bytes there now: it was written anew" + kWayOut,
      position.path, base::Origin::kEnvironment);
}

base::Result<std::string> find_again(const FilePosition& position) {
  const std::string& path = position.path;
  const std::string read = have_read(position);
  std::string name = path;
  auto facts = look_at(path);
  if (!facts && position.identity.inode == 0)
    return base::fail("file_gone", path + " was to be read, and is gone" + kWayOut, path, base::Origin::kEnvironment);
  if (position.identity.inode != 0 && (!facts || !facts->identity.is(position.identity))) {
    const auto elsewhere = find_beside(path, position.identity);
    if (!elsewhere && facts)
      return base::fail("file_replaced",
                        read + ", but another file has that name now and the old one is not beside it" + kWayOut, path,
                        base::Origin::kEnvironment);
    if (!elsewhere)
      return base::fail("file_gone", read + ", and now it is gone" + kWayOut, path, base::Origin::kEnvironment);
    name = *elsewhere;
    facts = look_at(name);
  }
  if (facts && facts->bytes < position.offset)
    return base::fail("file_truncated",
                      read + ", but " + name + " holds only " + std::to_string(facts->bytes) + " now" + kWayOut, path,
                      base::Origin::kEnvironment);
  return name;
}

}  // namespace penstock::operators
