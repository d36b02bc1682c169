/// The hash of a row's key: computed once, carried with the row, and the source of its key group. A function of the
/// key's values and types alone, so it is the same in every process, for every run size and after a restart.
#pragma once

#include <cstdint>
#include <span>

#include "runtime/base/limits.h"
#include "runtime/record/rows.h"

namespace penstock::record {

/// out[k] is the hash of row k's key (dense: a selection is resolved). `key_fields` index rows.columns; without any, 0.
/// XXH3 of the first field's bytes (8 for numbers, the text itself for text), then of each further field's with the
/// hash so far as seed; a null is hashed as one zero byte. -0.0 hashes as 0.0 and every NaN alike.
void hash_keys(const Rows& rows, std::span<const int> key_fields, std::uint64_t* out);

/// The hash of a key of one field that is null.
std::uint64_t null_key_hash();

/// -0.0 and the NaNs have several bit patterns each; as a key each is one value. Returns the canonical bits.
inline std::uint64_t canonical_bits(double value) {
  if (value == 0) return 0;
  if (value != value) return 0x7ff8'0000'0000'0000;
  return __builtin_bit_cast(std::uint64_t, value);
}

/// Key groups are the top bits of the hash, so that a table ordered by hash is ordered by group.
constexpr std::uint32_t key_group(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 54); }
/// Tasks share the groups as contiguous ranges: task t of n owns [first_group(t, n), first_group(t + 1, n)).
constexpr std::uint32_t task_of_group(std::uint32_t group, std::uint32_t tasks) {
  return static_cast<std::uint32_t>(std::uint64_t{group} * tasks / base::kKeyGroups);
}
constexpr std::uint32_t first_group(std::uint32_t task, std::uint32_t tasks) {
  return static_cast<std::uint32_t>((std::uint64_t{task} * base::kKeyGroups + tasks - 1) / tasks);
}
static_assert(base::kKeyGroups == 1u << (64 - 54));

}  // namespace penstock::record
