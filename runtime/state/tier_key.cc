#include "runtime/state/tier_key.h"

#include "runtime/base/limits.h"

namespace penstock::state {
namespace {

void append_name(std::string& out, std::string_view name) {
  out += static_cast<char>(name.size() >> 8 & 0xff);
  out += static_cast<char>(name.size() & 0xff);
  out += name;
}

/// Where the name at `at` ends; npos: beyond the bytes.
std::size_t end_of_name(std::string_view bytes, std::size_t at) {
  if (at == std::string_view::npos || at + 2 > bytes.size()) return std::string_view::npos;
  const auto high = static_cast<unsigned char>(bytes[at]), low = static_cast<unsigned char>(bytes[at + 1]);
  const std::size_t end = at + 2 + (std::size_t{high} << 8 | low);
  return end > bytes.size() ? std::string_view::npos : end;
}

}  // namespace

std::string table_prefix(std::string_view node, std::string_view table) {
  std::string prefix;
  append_name(prefix, node);
  append_name(prefix, table);
  return prefix;
}

std::string space_prefix(std::string_view node, std::string_view table, std::string_view space) {
  std::string prefix = table_prefix(node, table);
  append_name(prefix, space);
  return prefix;
}

void append_tier_key(std::string& out, std::string_view prefix, std::uint64_t hash, std::string_view key) {
  out += prefix;
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(hash >> shift & 0xff);
  out += key;
}

std::string tier_key(std::string_view prefix, std::uint64_t hash, std::string_view key) {
  std::string made;
  made.reserve(prefix.size() + 8 + key.size());
  append_tier_key(made, prefix, hash, key);
  return made;
}

std::string end_of(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && end.back() == '\xff') end.pop_back();
  if (!end.empty()) end.back() = static_cast<char>(end.back() + 1);
  return end;
}

std::string end_of_groups(std::string_view prefix, std::uint32_t group) {
  return group >= base::kKeyGroups ? end_of(prefix) : tier_key(prefix, std::uint64_t{group} << 54, {});
}

std::optional<TierKey> split_tier_key(std::string_view bytes) {
  const std::size_t end = end_of_name(bytes, end_of_name(bytes, end_of_name(bytes, 0)));
  if (end == std::string_view::npos || end + 8 > bytes.size()) return std::nullopt;
  TierKey split{bytes.substr(0, end), 0, bytes.substr(end + 8)};
  for (std::size_t i = end; i < end + 8; ++i) split.hash = split.hash << 8 | static_cast<unsigned char>(bytes[i]);
  return split;
}

std::string_view node_of(std::string_view prefix) {
  const std::size_t end = end_of_name(prefix, 0);
  return end == std::string_view::npos ? std::string_view() : prefix.substr(2, end - 2);
}

std::string_view space_of(std::string_view prefix) {
  const std::size_t at = end_of_name(prefix, end_of_name(prefix, 0));
  return at == std::string_view::npos ? std::string_view() : prefix.substr(at + 2);
}

}  // namespace penstock::state
