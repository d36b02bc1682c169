/// runtime/state/tier.h in memory and in plain files, in the place of RocksDB: every delta is a file that never
/// changes, and the manifest lists them. What is saved of keyed state, linked, synced and restored goes through these
/// files.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <sstream>

#include "runtime/state/tier.h"

// What the product's header only names.
namespace rocksdb {
class DB {
 public:
  std::map<std::string, std::string> entries;
  std::vector<std::string> files;
};
}  // namespace rocksdb

namespace penstock::state {
namespace {

constexpr const char* kManifest = "MANIFEST-000001";

std::string content_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

base::Result<void> write_file(const std::string& path, const std::string& bytes) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  const bool written = file >= 0 && ::write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
  if (file >= 0) ::close(file);
  if (written) return {};
  return base::fail("state_write_failed", "cannot write a delta", path, base::Origin::kEnvironment);
}

// A delta: steps, each a letter, a key, and a value.
void put_text(std::string& out, std::string_view text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  out.append(reinterpret_cast<const char*>(&size), sizeof size);
  out.append(text);
}
void add_step(std::string& out, char what, std::string_view key, std::string_view value) {
  out += what;
  put_text(out, key);
  put_text(out, value);
}

std::optional<std::string_view> take_text(std::string_view& from) {
  std::uint32_t size = 0;
  if (from.size() < sizeof size) return std::nullopt;
  std::memcpy(&size, from.data(), sizeof size);
  from.remove_prefix(sizeof size);
  if (from.size() < size) return std::nullopt;
  const std::string_view text = from.substr(0, size);
  from.remove_prefix(size);
  return text;
}

bool carry_out(std::string_view steps, std::map<std::string, std::string>& entries) {
  while (!steps.empty()) {
    const char what = steps.front();
    steps.remove_prefix(1);
    const auto key = take_text(steps);
    const auto value = key ? take_text(steps) : std::nullopt;
    if (!value) return false;
    if (what == 'p')
      entries[std::string(*key)] = *value;
    else if (what == 'g')
      entries.erase(std::string(*key));
    else if (what == 'c')
      entries.erase(entries.lower_bound(std::string(*key)), entries.lower_bound(std::string(*value)));
    else
      return false;
  }
  return true;
}

}  // namespace

Tier::Tier(std::string directory, std::unique_ptr<rocksdb::DB> db)
    : directory_(std::move(directory)), db_(std::move(db)) {}
Tier::~Tier() = default;

base::Result<std::unique_ptr<Tier>> Tier::open(const std::string& directory) {
  std::unique_ptr<Tier> tier(new Tier(directory, std::make_unique<rocksdb::DB>()));
  std::istringstream current(content_of(directory + "/CURRENT"));
  std::string manifest;
  if (!(current >> manifest)) return tier;
  std::istringstream names(content_of(directory + "/" + manifest));
  for (std::string name; names >> name;) {
    if (!carry_out(content_of(directory + "/" + name), tier->db_->entries))
      return base::fail("state_damaged", "a delta cannot be read", directory + "/" + name, base::Origin::kEnvironment);
    tier->db_->files.push_back(name);
    tier->files_made_ = std::max<std::uint64_t>(tier->files_made_, std::stoull(name));
  }
  return tier;
}

base::Result<void> Tier::scan(const std::string& prefix, std::span<const HashRange> ranges, const Each& each) {
  const std::string end = end_of(prefix);
  for (const HashRange& range : ranges) {
    auto at = db_->entries.lower_bound(tier_key(prefix, range.first, {}));
    for (; at != db_->entries.end() && (end.empty() || at->first < end); ++at) {
      const auto key = split_tier_key(at->first);
      if (!key || key->hash > range.last) break;
      each(*key, at->second);
    }
  }
  return {};
}

/// A few ranges, however little there is.
std::uint64_t Tier::bytes_of(const std::string&) { return 32 << 10; }

base::Result<std::vector<std::string>> Tier::prefixes() {
  std::vector<std::string> found;
  for (const auto& [bytes, value] : db_->entries)
    if (const auto key = split_tier_key(bytes); key && (found.empty() || found.back() != key->prefix))
      found.emplace_back(key->prefix);
  return found;
}

std::string Tier::path_for_next_file() { return std::to_string(1'000'000 + ++files_made_).substr(1) + ".sst"; }

/// `paths`: what is in the one new file, as steps.
base::Result<void> Tier::add_files(const std::vector<std::string>& paths) {
  if (paths.front().empty()) return {};
  const std::string name = path_for_next_file();
  if (auto written = write_file(directory_ + "/" + name, paths.front()); !written) return written;
  carry_out(paths.front(), db_->entries);
  db_->files.push_back(name);
  return {};
}

base::Result<void> Tier::write(Delta& delta) {
  std::string steps;
  for (auto& [prefix, space] : delta.spaces) {
    if (space.cleared()) add_step(steps, 'c', prefix, end_of(prefix));
    for (const SpaceDelta::Item& item : space.sort()) {
      const std::string key = tier_key(prefix, item.hash, item.key());
      item.gone() ? add_step(steps, 'g', key, {}) : add_step(steps, 'p', key, item.value());
    }
  }
  return add_files({steps});
}

base::Result<void> Tier::take_over(Tier& other, GroupRange groups, const IsWanted& wanted) {
  std::string steps;
  for (const auto& [bytes, value] : other.db_->entries) {
    const auto key = split_tier_key(bytes);
    if (!key || !wanted(node_of(key->prefix))) continue;
    const std::uint64_t group = key->hash >> 54;
    if (group >= groups.first && group < groups.last) add_step(steps, 'p', bytes, value);
  }
  return add_files({steps});
}

base::Result<std::vector<TierFile>> Tier::files() {
  std::vector<TierFile> files;
  std::string manifest;
  for (const std::string& name : db_->files) {
    files.push_back({name, 0, true});
    manifest += name + "\n";
  }
  files.push_back({kManifest, manifest.size(), false, manifest});
  return files;
}

void Tier::release_files() {}

}  // namespace penstock::state
