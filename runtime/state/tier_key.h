/// Keys of the tier: a space's prefix (node, table and space, each with its length before it), the hash of the record's
/// key big-endian, so that a key group is one stretch, and the key. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace penstock::state {

std::string space_prefix(std::string_view node, std::string_view table, std::string_view space);
/// Of every space of a table: what their prefixes begin with.
std::string table_prefix(std::string_view node, std::string_view table);
std::string tier_key(std::string_view prefix, std::uint64_t hash, std::string_view key);
void append_tier_key(std::string& out, std::string_view prefix, std::uint64_t hash, std::string_view key);
/// The least string above all that begin with `prefix`; "" when there is none.
std::string end_of(std::string_view prefix);
/// The same of the space's key groups before `group`.
std::string end_of_groups(std::string_view prefix, std::uint32_t group);

struct TierKey {
  std::string_view prefix;
  std::uint64_t hash = 0;
  std::string_view key;
};
/// nullopt: not a key of the tier.
std::optional<TierKey> split_tier_key(std::string_view bytes);
/// The space's name in a prefix.
std::string_view node_of(std::string_view prefix);
std::string_view space_of(std::string_view prefix);

}  // namespace penstock::state
