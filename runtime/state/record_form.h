/// How the records of one table look in the tier, and how they are made from that again. Owner: the table.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "runtime/api/state.h"
#include "runtime/record/key_hash.h"
#include "runtime/state/key_run.h"
#include "runtime/state/slot_index.h"

namespace penstock::state {

struct RecordForm {
  bool numbers = false;  ///< The key is the head's 8 bytes; else that many bytes behind the value.
  bool coded = false;    ///< Keys of several fields: a null is part of the bytes.
  std::size_t value_bytes = 0;
  const api::ValueHooks* hooks = nullptr;

  /// Bytes that the key takes behind the value.
  std::size_t stored_bytes(const RecordHead* record) const {
    return numbers || record->key == kNullKey ? 0 : record->key;
  }
  std::string_view key(const RecordHead* record) const {
    if (numbers) return {reinterpret_cast<const char*>(&record->key), sizeof record->key};
    return {reinterpret_cast<const char*>(record->value()) + value_bytes, stored_bytes(record)};
  }
  /// RecordHead::key of a key of the tier; a null has the empty key, and its own hash.
  std::uint64_t head_key(std::uint64_t hash, std::string_view key) const {
    std::uint64_t head = key.size();
    if (numbers) std::memcpy(&head, key.data(), sizeof head);
    return !numbers && !coded && key.empty() && hash == record::null_key_hash() ? kNullKey : head;
  }
  bool is_key(std::string_view key) const { return !numbers || key.size() == sizeof(std::uint64_t); }

  /// The value's bytes; `scratch` may be used to hold them.
  std::string_view value(const RecordHead* record, std::string& scratch) const {
    if (!hooks->save) return {reinterpret_cast<const char*>(record->value()), value_bytes};
    scratch.clear();
    hooks->save(record->value(), scratch);
    return scratch;
  }
  /// Into a value just made. False: it is none of this table's.
  bool load(RecordHead* record, std::string_view bytes) const {
    if (hooks->load) return hooks->load(bytes, record->value());
    if (bytes.size() != value_bytes) return false;
    std::memcpy(record->value(), bytes.data(), value_bytes);
    return true;
  }
};

}  // namespace penstock::state
