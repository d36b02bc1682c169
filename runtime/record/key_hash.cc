#define XXH_INLINE_ALL
#include "runtime/record/key_hash.h"

#include <xxhash.h>

#include <algorithm>
#include <type_traits>

#include "runtime/base/target_clones.h"

namespace penstock::record {
namespace {

/// XXH3_64bits_withSeed, with its two cases for short input inlined (the compiler leaves the whole of it a call).
std::uint64_t hash_bytes(const void* data, std::size_t size, std::uint64_t seed) {
  const auto* bytes = static_cast<const xxh_u8*>(data);
  return size <= 16 ? XXH3_len_0to16_64b(bytes, size, XXH3_kSecret, seed) : XXH3_64bits_withSeed(data, size, seed);
}
std::uint64_t hash_word(const void* data, std::uint64_t seed) {
  return XXH3_len_4to8_64b(static_cast<const xxh_u8*>(data), 8, XXH3_kSecret, seed);
}

/// One field's contribution: `seed` is the hash of the fields before it (0 for the first).
struct BoolHash {
  std::uint64_t operator()(const Column& column, std::uint32_t cell, std::uint64_t seed) const {
    return hash_bytes(column.cells<std::uint8_t>() + cell, 1, seed);
  }
};
struct SlotHash {
  std::uint64_t operator()(const Column& column, std::uint32_t cell, std::uint64_t seed) const {
    return hash_word(column.cells<std::int64_t>() + cell, seed);
  }
};
struct FloatHash {
  std::uint64_t operator()(const Column& column, std::uint32_t cell, std::uint64_t seed) const {
    const std::uint64_t bits = canonical_bits(column.cells<double>()[cell]);
    return hash_word(&bits, seed);
  }
};
struct TextHash {
  std::uint64_t operator()(const Column& column, std::uint32_t cell, std::uint64_t seed) const {
    const Text text = column.cells<Text>()[cell];
    return hash_bytes(text.data(), text.size(), seed);
  }
};

/// hash_word() without a seed, over a run and in vectors.
PENSTOCK_TARGET_CLONES void hash_words(const std::uint64_t* __restrict in, std::uint64_t* __restrict out,
                                       std::uint32_t count) {
  const std::uint64_t flip = XXH_readLE64(XXH3_kSecret + 8) ^ XXH_readLE64(XXH3_kSecret + 16);
  for (std::uint32_t row = 0; row < count; ++row) out[row] = XXH3_rrmxmx(XXH_rotl64(in[row], 32) ^ flip, 8);
}

std::uint64_t null_hash(std::uint64_t seed) {
  const char zero = 0;
  return hash_bytes(&zero, 1, seed);
}

template <class Hash>
std::uint64_t hash_or_null(const Column& column, std::uint32_t cell, std::uint64_t seed) {
  return column.is_null(cell) ? null_hash(seed) : Hash()(column, cell, seed);
}

/// A list is its length, then its elements.
template <class Element>
struct ListHash {
  std::uint64_t operator()(const Column& column, std::uint32_t cell, std::uint64_t seed) const {
    const ListSlice slice = column.cells<ListSlice>()[cell];
    std::uint64_t hash = XXH3_64bits_withSeed(&slice.length, sizeof slice.length, seed);
    for (std::uint32_t i = 0; i < slice.length; ++i)
      hash = hash_or_null<Element>(*column.child, slice.offset + i, hash);
    return hash;
  }
};

template <class Hash, bool kFirst>
void hash_column(const Rows& rows, const Column& column, std::uint64_t* out) {
  const auto seed = [out](std::uint32_t row) { return kFirst ? 0 : out[row]; };
  const bool dense = rows.selection == nullptr && column.state == nullptr;
  if (kFirst && dense && std::is_same_v<Hash, SlotHash>)
    return hash_words(column.cells<std::uint64_t>(), out, rows.count);
  if (dense) {
    for (std::uint32_t row = 0; row < rows.count; ++row) out[row] = Hash()(column, row, seed(row));
  } else {
    for (std::uint32_t row = 0; row < rows.count; ++row)
      out[row] = hash_or_null<Hash>(column, rows.cell(row), seed(row));
  }
}

template <class Hash>
void hash_field(const Rows& rows, const Column& column, bool first, std::uint64_t* out) {
  first ? hash_column<Hash, true>(rows, column, out) : hash_column<Hash, false>(rows, column, out);
}

void hash_nulls(const Rows& rows, bool first, std::uint64_t* out) {
  for (std::uint32_t row = 0; row < rows.count; ++row) out[row] = null_hash(first ? 0 : out[row]);
}

void hash_list(const Rows& rows, const Column& column, bool first, std::uint64_t* out) {
  switch (column.type.element) {
    case Kind::kBool:
      return hash_field<ListHash<BoolHash>>(rows, column, first, out);
    case Kind::kFloat64:
      return hash_field<ListHash<FloatHash>>(rows, column, first, out);
    case Kind::kString:
    case Kind::kBytes:
      return hash_field<ListHash<TextHash>>(rows, column, first, out);
    default:
      return hash_field<ListHash<SlotHash>>(rows, column, first, out);
  }
}

void hash_any(const Rows& rows, const Column& column, bool first, std::uint64_t* out) {
  switch (column.type.kind) {
    case Kind::kNull:
      return hash_nulls(rows, first, out);
    case Kind::kBool:
      return hash_field<BoolHash>(rows, column, first, out);
    case Kind::kFloat64:
      return hash_field<FloatHash>(rows, column, first, out);
    case Kind::kString:
    case Kind::kBytes:
      return hash_field<TextHash>(rows, column, first, out);
    case Kind::kList:
      return hash_list(rows, column, first, out);
    case Kind::kInt64:
    case Kind::kTimestamp:
    case Kind::kDuration:
      return hash_field<SlotHash>(rows, column, first, out);
  }
}

}  // namespace

std::uint64_t null_key_hash() { return null_hash(0); }

void hash_keys(const Rows& rows, std::span<const int> key_fields, std::uint64_t* out) {
  if (key_fields.empty()) std::fill_n(out, rows.count, std::uint64_t{0});
  bool first = true;
  for (const int field : key_fields) {
    hash_any(rows, rows.columns[static_cast<std::size_t>(field)], first, out);
    first = false;
  }
}

}  // namespace penstock::record
