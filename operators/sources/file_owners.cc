#include "operators/sources/file_owners.h"

#include <algorithm>

namespace penstock::operators {
namespace {

/// FNV-1a.
std::uint64_t hash_of(const std::string& path) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const char c : path) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  return hash;
}

/// The finalizer of SplitMix64: neighbours, as inodes often are, come to lie anywhere.
std::uint64_t hash_of(std::uint64_t inode) {
  inode = (inode ^ (inode >> 30)) * 0xBF58476D1CE4E5B9;
  inode = (inode ^ (inode >> 27)) * 0x94D049BB133111EB;
  return inode ^ (inode >> 31);
}

std::string mark_of(std::uint64_t inode) { return "#" + std::to_string(inode); }

/// PATH#INODE, or PATH#INODE#2 and so on.
bool holds_inode(const std::string& name, std::uint64_t inode) {
  const std::string mark = mark_of(inode);
  const std::size_t at = name.rfind(mark);
  return at != name.npos && (at + mark.size() == name.size() || name[at + mark.size()] == '#');
}

/// PATH of PATH#2 and so on.
std::string without_number(const std::string& name) {
  const std::size_t digits = name.find_last_not_of("0123456789");
  return digits != name.npos && name[digits] == '#' ? name.substr(0, digits) : name;
}

}  // namespace

void FileOwners::restore(const std::string& name, const FileIdentity& identity) {
  if (holds_inode(name, identity.inode) || find(identity) != nullptr) return;
  by_name_.emplace(identity.inode, ByName{identity, is_due(hash_of(without_number(name)))});
}

bool FileOwners::is_mine(const FileIdentity& identity) const {
  const ByName* const named = find(identity);
  return named != nullptr ? named->mine : is_due(hash_of(identity.inode));
}

std::string FileOwners::name_of(const std::string& path, const FileIdentity& identity) const {
  return place_.count > 1 ? path + mark_of(identity.inode) : path;
}

const FileOwners::ByName* FileOwners::find(const FileIdentity& identity) const {
  const auto [first, last] = by_name_.equal_range(identity.inode);
  const auto found = std::find_if(first, last, [&](const auto& entry) { return entry.second.identity.is(identity); });
  return found == last ? nullptr : &found->second;
}

bool FileOwners::is_due(std::uint64_t hash) const {
  return hash % static_cast<std::size_t>(place_.count) == static_cast<std::size_t>(place_.index);
}

}  // namespace penstock::operators
