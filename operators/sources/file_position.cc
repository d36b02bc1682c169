#include "operators/sources/file_position.h"

#include <sstream>

namespace penstock::operators {
namespace {
constexpr int kVersion = 1;
}

std::string FilePosition::text() const {
  std::ostringstream out;
  out << kVersion << ' ' << identity.inode << ' ' << identity.born_ns << ' ' << offset << ' ' << bytes << ' ' << ended
      << ' ' << path.size() << '\n'
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
  text.remove_prefix(end + 1);
  if (!line || version != kVersion || position.offset < 0 || path_bytes > text.size()) return std::nullopt;
  position.path = text.substr(0, path_bytes);
  position.learnt = text.substr(path_bytes);
  return position;
}

base::Result<std::string> find_again(const FilePosition& position) {
  const std::string& path = position.path;
  const std::string read = "the checkpoint has read " + std::to_string(position.offset) + " bytes of " + path;
  const std::string way_out = "; put it back, or start without the checkpoint";
  std::string name = path;
  auto facts = look_at(path);
  if (!facts && position.identity.inode == 0)
    return base::fail("file_gone", path + " was to be read, and is gone" + way_out, path, base::Origin::kEnvironment);
  if (position.identity.inode != 0 && (!facts || !facts->identity.is(position.identity))) {
    const auto elsewhere = find_beside(path, position.identity);
    if (!elsewhere && facts)
      return base::fail("file_replaced",
                        read + ", but another file has that name now and the old one is not beside it" + way_out, path,
                        base::Origin::kEnvironment);
    if (!elsewhere)
      return base::fail("file_gone", read + ", and now it is gone" + way_out, path, base::Origin::kEnvironment);
    name = *elsewhere;
    facts = look_at(name);
  }
  if (facts && facts->bytes < position.offset)
    return base::fail("file_truncated",
                      read + ", but " + name + " holds only " + std::to_string(facts->bytes) + " now" + way_out, path,
                      base::Origin::kEnvironment);
  return name;
}

}  // namespace penstock::operators
