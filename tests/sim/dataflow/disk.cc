#include "tests/sim/dataflow/disk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "runtime/base/check.h"

namespace penstock::sim {
namespace {

namespace fs = std::filesystem;

Disk* the_disk = nullptr;
constexpr std::size_t kSector = 512;

std::string content_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}
std::string directory_of(const std::string& path) { return path.substr(0, path.find_last_of('/')); }
ino_t inode_of(const std::string& path) {
  struct stat about {};
  return lstat(path.c_str(), &about) == 0 ? about.st_ino : 0;
}
ino_t inode_of(int descriptor) {
  struct stat about {};
  return fstat(descriptor, &about) == 0 ? about.st_ino : 0;
}

/// Sectors reach the disk each by itself.
std::string half_written(const std::string& before, const std::string& now, Random& random) {
  const auto least = static_cast<std::int64_t>(std::min(before.size(), now.size()));
  const auto most = static_cast<std::int64_t>(std::max(before.size(), now.size()));
  std::string mixed(static_cast<std::size_t>(random.between(least, most)), '\0');
  for (std::size_t at = 0; at < mixed.size(); at += kSector) {
    const std::string& source = random.chance(0.5) ? before : now;
    for (std::size_t i = at; i < std::min(at + kSector, mixed.size()); ++i)
      mixed[i] = i < source.size() ? source[i] : '\0';
  }
  return mixed;
}

}  // namespace

Disk::Disk(Kernel& kernel, std::string root) : kernel_(kernel), root_(std::move(root)) {
  CHECK(the_disk == nullptr);
  the_disk = this;
  fs::remove_all(root_);
  fs::create_directories(root_ + "/.held");
}

Disk::~Disk() {
  the_disk = nullptr;
  fs::remove_all(root_);
}

Disk* Disk::of_fiber() { return Kernel::in_fiber() != nullptr ? the_disk : nullptr; }

/// The process may be killed or frozen before the call has an effect, or right after.
bool Disk::may(Call call, const std::string& path) {
  Random& random = kernel_.random();
  const auto dead = [this] {
    if (kernel_.process().dead) errno = EIO;
    return kernel_.process().dead;
  };
  if (dead()) return false;
  kernel_.take_time(call == Call::kSync ? random.between(50, 3'000) : random.between(1, 60));
  if (dead()) return false;
  const bool spared = !faults.spared.empty() && path.starts_with(faults.spared);
  if (call == Call::kSync && !spared && random.chance(faults.sync_fails)) return errno = EIO, false;
  if (call == Call::kWrite && random.chance(faults.write_fails)) return errno = ENOSPC, false;
  return true;
}

void Disk::on_opened(int descriptor, const std::string& path) { open_[descriptor] = path; }

const std::string* Disk::path_of(int descriptor) const {
  const auto at = open_.find(descriptor);
  return at == open_.end() ? nullptr : &at->second;
}

void Disk::before_change(int descriptor) {
  const ino_t inode = inode_of(descriptor);
  const auto [at, is_new] = unsynced_.try_emplace(inode);
  at->second.writer = &kernel_.process();
  if (!is_new) return;
  at->second.durable = content_of("/proc/self/fd/" + std::to_string(descriptor));
}

void Disk::on_synced(int descriptor) {
  const std::string path = *path_of(descriptor);
  struct stat about {};
  if (fstat(descriptor, &about) != 0) return;
  if (!S_ISDIR(about.st_mode)) {
    const auto at = unsynced_.find(about.st_ino);
    if (at != unsynced_.end() && !at->second.given_up) unsynced_.erase(at);
    return;
  }
  const std::string directory = path.ends_with('/') ? path.substr(0, path.size() - 1) : path;
  std::erase_if(changes_, [&](const Change& change) {
    const bool here =
        directory_of(change.path) == directory || (!change.from.empty() && directory_of(change.from) == directory);
    if (here) forget(change);
    return here;
  });
}

void Disk::on_sync_failed(int descriptor) {
  const auto at = unsynced_.find(inode_of(descriptor));
  if (at != unsynced_.end() && !kernel_.process().dead) at->second.given_up = true;
}

std::string Disk::hold(const std::string& path) {
  std::string held = root_ + "/.held/" + std::to_string(++held_);
  // Not by way of os_files.cc: this is no call of the product.
  return syscall(SYS_link, path.c_str(), held.c_str()) == 0 ? held : std::string();
}

void Disk::on_made(const std::string& path) {
  changes_.push_back(
      {Change::What::kMade, path, "", "", fs::is_directory(fs::symlink_status(path)), &kernel_.process()});
}

void Disk::before_removed(const std::string& path) {
  const bool directory = fs::is_directory(fs::symlink_status(path));
  changes_.push_back({Change::What::kRemoved, path, "", directory ? "" : hold(path), directory, &kernel_.process()});
}

void Disk::before_renamed(const std::string& from, const std::string& to) {
  changes_.push_back({Change::What::kRenamed, to, from, hold(to), false, &kernel_.process()});
}

void Disk::undo_last() {
  forget(changes_.back());
  changes_.pop_back();
}

void Disk::forget(const Change& change) {
  if (!change.held.empty()) syscall(SYS_unlink, change.held.c_str());
}

void Disk::undo(const Change& change) {
  ++lost_;
  tell("  its name is as before: " + change.path + (change.from.empty() ? "" : ", was " + change.from));
  std::error_code ignored;
  switch (change.what) {
    case Change::What::kMade:
      fs::remove_all(change.path, ignored);
      return;
    case Change::What::kRemoved:
      if (change.directory)
        fs::create_directory(change.path, ignored);
      else
        fs::rename(change.held, change.path, ignored);
      return;
    case Change::What::kRenamed:
      fs::rename(change.path, change.from, ignored);
      if (!change.held.empty()) fs::rename(change.held, change.path, ignored);
      return;
  }
}

void Disk::lose_unsynced(const std::function<bool(const Process*)>& whose) {
  const bool all = kernel_.random().chance(0.6);
  lose_names(whose, all);
  lose_content(whose, all);
}

/// What somebody else did later with the same name has made it durable.
void Disk::lose_names(const std::function<bool(const Process*)>& whose, bool all) {
  const auto total = static_cast<std::int64_t>(changes_.size());
  std::int64_t survive = all ? 0 : kernel_.random().between(0, total);
  std::vector<std::list<Change>::iterator> lost;
  std::set<std::string> touched;
  for (auto at = changes_.begin(); at != changes_.end(); ++at)
    if (survive-- <= 0) lost.push_back(at);
  for (auto each = lost.rbegin(); each != lost.rend(); ++each) {
    const Change& change = **each;
    const bool ours = whose(change.whose) && !touched.contains(change.path) && !touched.contains(change.from);
    if (ours) {
      undo(change);
    } else {
      touched.insert(change.path);
      if (!change.from.empty()) touched.insert(change.from);
      continue;
    }
    changes_.erase(*each);
  }
}

void Disk::lose_content(const std::function<bool(const Process*)>& whose, bool all) {
  std::map<ino_t, std::string> path_of;
  std::error_code ignored;
  for (const auto& entry : fs::recursive_directory_iterator(root_, ignored))
    if (entry.is_regular_file()) path_of[inode_of(entry.path())] = entry.path();
  std::erase_if(unsynced_, [&](const auto& one) {
    if (!whose(one.second.writer)) return false;
    const auto at = path_of.find(one.first);
    if (at == path_of.end()) return true;
    if (!all && !one.second.given_up && kernel_.random().chance(0.3)) return true;
    const std::string now = content_of(at->second);
    const std::string left =
        all || one.second.given_up ? one.second.durable : half_written(one.second.durable, now, kernel_.random());
    if (left == now) return true;
    ++lost_;
    tell("  not all of its content is there: " + at->second);
    std::ofstream(at->second, std::ios::binary | std::ios::trunc) << left;
    return true;
  });
}

bool Disk::is_durable(const std::string& path) const {
  const ino_t inode = inode_of(path);
  if (inode == 0 || unsynced_.contains(inode)) return false;
  for (const Change& change : changes_)
    if (change.path == path || (change.what == Change::What::kMade && path.starts_with(change.path + "/")))
      return false;
  return true;
}

}  // namespace penstock::sim
