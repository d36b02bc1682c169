/// The bytes of one partition that have been read and not yet decoded. Reused; grows only for a record that does not
/// fit, and at least kPadding bytes behind what is held are readable. The last bytes that were decoded are kept, to
/// tell whether a file still holds them. THREAD: the source's.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string_view>

namespace penstock::operators {

class ChunkBuffer {
 public:
  explicit ChunkBuffer(std::int64_t offset = 0) : offset_(offset) {}

  /// Room for `wanted` more bytes behind those held, which may move. Invalidates bytes().
  char* room(std::size_t wanted);
  void filled(std::size_t bytes) { end_ += bytes; }
  /// The last bytes that are decoded, and the last ones that were filled in: at most kKept.
  std::string_view behind() const { return last_of({data_.get(), begin_}); }
  std::string_view last() const { return last_of({data_.get(), end_}); }
  /// What stands before bytes(), which are none as yet.
  void put_behind(std::string_view bytes);
  std::string_view bytes() const { return {data_.get() + begin_, end_ - begin_}; }
  void consume(std::size_t bytes) {
    begin_ += bytes;
    offset_ += static_cast<std::int64_t>(bytes);
  }
  std::int64_t offset() const { return offset_; }  ///< Of bytes()[0] in the partition.
  void release();                                  ///< Forgets the bytes held and gives the memory back.

  static constexpr std::size_t kPadding = 64;
  static constexpr std::size_t kKept = 256;

 private:
  struct Free {
    void operator()(char* data) const;
  };
  static std::string_view last_of(std::string_view bytes) {
    return bytes.substr(bytes.size() - std::min(bytes.size(), kKept));
  }

  std::unique_ptr<char, Free> data_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::int64_t offset_;
};

}  // namespace penstock::operators
