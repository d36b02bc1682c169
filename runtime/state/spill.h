/// The entries of one table that have left memory, in a file that has no name and goes with its table: what is saved
/// for good is the tier's business. An entry is here or in memory, never both. Entries lie in buckets of neighbouring
/// hashes, found through a directory in memory that grows where they do (extendible hashing). A bucket is written as a
/// whole: the hashes of its entries, where each ends, then the entries; memory is given up in the order of hashes, so
/// that one writing takes in many. What is read is checked against sums in memory (of what finds entries) and with each
/// entry. THREAD: the task's executor; blocks for the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/error.h"
#include "runtime/state/hash_range.h"
#include "runtime/state/scratch_file.h"

namespace penstock::state {

class Spill {
 public:
  /// The file is made in `directory` when there is something to be put into it.
  Spill(std::string directory, GroupRange groups);

  /// Entries on their way here, in the form that they have here.
  class Batch {
   public:
    void add(std::uint64_t hash, std::string_view key, std::string_view value);
    void clear();
    std::size_t size() const { return items_.size(); }
    /// Which were not taken by put(), for want of room in a directory that hashes alike would blow up.
    bool refused(std::size_t item) const { return items_[item].refused; }

   private:
    friend class Spill;
    struct Item {
      std::uint64_t hash;
      std::size_t at, bytes;  ///< In bytes_.
      bool refused;
    };
    std::vector<Item> items_;
    std::string bytes_;
  };
  /// Those that follow each other in hash order are the cheapest. Codes: state_damaged, disk_full, state_write_failed;
  /// which of them it has then is open, so nobody may go on with them.
  base::Result<void> put(Batch& batch);

  /// The value of a key, which is not here any more; borrowed until the next put() or clear(). nullopt: it was not
  /// here. Codes: state_damaged.
  base::Result<std::optional<std::string_view>> take(std::uint64_t hash, std::string_view key);
  /// That take() is going to be asked for it, before long and very soon.
  void prefetch(std::uint64_t hash) const { __builtin_prefetch(&buckets_[bucket_of(spread_(hash))]); }
  void prefetch_entries(std::uint64_t hash) const;
  using Each = std::function<void(std::uint64_t hash, std::string_view key, std::string_view value)>;
  base::Result<void> take_all(const Each& each);
  void clear();

  std::size_t size() const { return size_; }
  std::size_t memory_used() const;

 private:
  static constexpr std::size_t kMostEntries = 64;  ///< In a bucket: a bit for each says whether it was taken out.
  struct Bucket {
    std::uint64_t taken = 0;
    std::uint64_t at = 0;    ///< In the file.
    std::size_t bytes = 0;   ///< 0: empty.
    std::uint32_t crc = 0;   ///< Of its hashes and ends.
    std::uint8_t depth = 0;  ///< So many upper bits of the spread hash are those of all its entries.
    std::uint8_t count = 0;  ///< Entries, with those that were taken out.
    std::uint8_t live = 0;   ///< Without.
  };
  /// What is at the place of a bucket.
  struct Content {
    const char* hashes;
    const char* ends;  ///< From the first entry on.
    const char* entries;
    std::uint64_t hash(std::size_t entry) const;
    std::uint32_t end(std::size_t entry) const;
    std::string_view bytes(std::size_t entry) const;
  };
  struct Piece {
    std::uint64_t hash, spread;
    std::string_view bytes;
    Batch::Item* fresh;  ///< nullptr: was here before.
  };
  static constexpr std::size_t kEach = sizeof(std::uint64_t) + sizeof(std::uint32_t);  ///< Bytes that find an entry.

  std::size_t bucket_of(std::uint64_t spread) const { return directory_[bits_ == 0 ? 0 : spread >> (64 - bits_)]; }
  Content content(const Bucket& bucket) const;
  bool is_sound(const Bucket& bucket, const Content& content) const;
  tl::unexpected<base::Error> damaged() const;
  base::Result<void> put_into(std::size_t bucket, std::span<Batch::Item> items, std::string_view bytes);
  base::Result<void> store(std::size_t bucket, std::span<Piece> pieces);
  bool wants_split(std::span<const Piece> pieces) const;
  bool may_split(const Bucket& bucket) const;
  base::Result<void> split(std::size_t bucket, std::span<Piece> pieces);
  base::Result<void> write(std::size_t bucket, std::span<const Piece> pieces);

  HashSpread spread_;
  ScratchFile file_;
  int bits_ = 0;
  std::vector<std::uint32_t> directory_;  ///< By the upper bits_ bits of a spread hash.
  std::vector<Bucket> buckets_;
  std::size_t size_ = 0;
  std::string written_;
  std::vector<Piece> pieces_;
};

}  // namespace penstock::state
