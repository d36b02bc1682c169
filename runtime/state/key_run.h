/// The keys of one run of rows, in the shape in which a HashTable compares and stores them. Three shapes of the same
/// template parameter: a number of 8 bytes, bytes (text or an encoded key), and the key of another table's entry.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "runtime/api/state.h"
#include "runtime/record/key_hash.h"
#include "runtime/record/rows.h"
#include "runtime/state/slot_index.h"

namespace penstock::state {

/// RecordHead::key of a null key of one field. As a number it is -1, whose hash is another (a test holds it).
constexpr std::uint64_t kNullKey = ~std::uint64_t{0};

inline bool same_bytes(const char* a, const char* b, std::size_t size) {
  const auto word = [](const char* at) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, at, 8);
    return bits;
  };
  if (size < 8) {
    for (std::size_t i = 0; i < size; ++i)
      if (a[i] != b[i]) return false;
    return true;
  }
  for (std::size_t i = 0; i + 8 <= size; i += 8)
    if (word(a + i) != word(b + i)) return false;
  return word(a + size - 8) == word(b + size - 8);
}

/// A single field of 8 bytes. A null is stored as kNullKey and told from that number by its hash.
template <bool kFloat, bool kDense>
struct NumberKeys {
  const void* data;
  const std::uint8_t* state;
  const std::uint32_t* selection;

  std::uint32_t cell(std::uint32_t row) const { return kDense || selection == nullptr ? row : selection[row]; }
  std::uint64_t bits(std::uint32_t row) const {
    if (!kDense && state != nullptr && state[cell(row)] != record::kValid) return kNullKey;
    if constexpr (kFloat) return record::canonical_bits(static_cast<const double*>(data)[cell(row)]);
    return static_cast<const std::uint64_t*>(data)[cell(row)];
  }
  bool matches(const RecordHead* record, std::uint64_t hash, std::uint32_t row) const {
    return record->key == bits(row) && record->hash == hash;
  }
  std::size_t stored_bytes(std::uint32_t) const { return 0; }
  void store(RecordHead* record, std::byte*, std::uint32_t row) const { record->key = bits(row); }
};

/// Bytes per row: the cells of a text column, or keys that KeyCodec has encoded (then without nulls and selection).
template <bool kDense>
struct BytesKeys {
  const record::Text* texts;
  const std::uint8_t* state;
  const std::uint32_t* selection;
  std::size_t value_bytes;

  std::uint32_t cell(std::uint32_t row) const { return kDense || selection == nullptr ? row : selection[row]; }
  bool null(std::uint32_t row) const { return !kDense && state != nullptr && state[cell(row)] != record::kValid; }
  bool matches(const RecordHead* record, std::uint64_t, std::uint32_t row) const {
    if (null(row)) return record->key == kNullKey;
    const record::Text text = texts[cell(row)];
    const char* stored = reinterpret_cast<const char*>(record->value()) + value_bytes;
    return record->key == text.size() && same_bytes(stored, text.data(), text.size());
  }
  std::size_t stored_bytes(std::uint32_t row) const { return null(row) ? 0 : texts[cell(row)].size(); }
  void store(RecordHead* record, std::byte* at, std::uint32_t row) const {
    record->key = null(row) ? kNullKey : texts[cell(row)].size();
    if (stored_bytes(row) != 0) std::memcpy(at, texts[cell(row)].data(), stored_bytes(row));
  }
};

/// Keys of another table of the same key types and value size.
struct EntryKeys {
  std::span<const api::Entry> entries;
  std::size_t value_bytes;
  bool numbers;

  const RecordHead* theirs(std::uint32_t row) const { return reinterpret_cast<const RecordHead*>(entries[row].key); }
  const char* bytes(const RecordHead* record) const {
    return reinterpret_cast<const char*>(record->value()) + value_bytes;
  }
  bool matches(const RecordHead* record, std::uint64_t hash, std::uint32_t row) const {
    return record->key == theirs(row)->key && record->hash == hash &&
           same_bytes(bytes(record), bytes(theirs(row)), stored_bytes(row));
  }
  std::size_t stored_bytes(std::uint32_t row) const {
    const std::uint64_t key = theirs(row)->key;
    return numbers || key == kNullKey ? 0 : key;
  }
  void store(RecordHead* record, std::byte* at, std::uint32_t row) const {
    record->key = theirs(row)->key;
    if (stored_bytes(row) != 0) std::memcpy(at, bytes(theirs(row)), stored_bytes(row));
  }
};

}  // namespace penstock::state
