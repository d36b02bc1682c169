/// Memory of a table's records: chunks that never move, so that a record's address is its identity. Freed records are
/// reused by size; reset() forgets all of them and keeps the chunks. Owner and THREAD: the table.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace penstock::state {

class RecordArena {
 public:
  /// `bytes` is a multiple of 8; so is the address.
  std::byte* allocate(std::size_t bytes) {
    const std::size_t words = bytes / 8;
    if (words < free_.size() && free_[words] != nullptr) return reuse(words);
    if (bytes > left_) next_chunk(bytes);
    std::byte* record = at_;
    at_ += bytes;
    left_ -= bytes;
    return record;
  }
  void release(std::byte* record, std::size_t bytes);
  void reset();
  std::size_t bytes_in_use() const { return bytes_used() - freed_; }  ///< Without freed records.
  std::size_t bytes_used() const { return used_before_ + (chunk_bytes_ - left_); }

 private:
  struct Chunk {
    std::unique_ptr<std::byte[]> data;
    std::size_t bytes;
  };
  std::byte* reuse(std::size_t words);
  void next_chunk(std::size_t at_least);

  std::vector<Chunk> chunks_;
  std::size_t next_ = 0;  ///< The chunk that follows the one in use.
  std::byte* at_ = nullptr;
  std::size_t left_ = 0;
  std::size_t chunk_bytes_ = 0;  ///< Of the chunk in use.
  std::size_t used_before_ = 0;  ///< In the chunks before it.
  std::size_t freed_ = 0;
  std::vector<std::byte*> free_;  ///< Heads of lists of freed records, by size in words.
};

}  // namespace penstock::state
