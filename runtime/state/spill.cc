#include "runtime/state/spill.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "runtime/base/crc32c.h"

namespace penstock::state {
namespace {

constexpr std::size_t kMostBytes = 16 << 10;  ///< Of a bucket, unless it cannot be split.
constexpr std::size_t kMostEver = 1 << 30;

/// Before an entry's key and value; the sum is of all that follows it.
struct Head {
  std::uint32_t crc, key_bytes;
};
constexpr std::size_t kSum = sizeof(std::uint32_t);

template <class Number>
Number number_at(const char* at) {
  Number number;
  std::memcpy(&number, at, sizeof number);
  return number;
}

template <class Number>
void append_number(std::string& to, Number number) {
  to.append(reinterpret_cast<const char*>(&number), sizeof number);
}

struct Parts {
  std::string_view key, value;
};
/// nullopt: those are not the bytes that were put there.
std::optional<Parts> parts_of(std::string_view bytes) {
  if (bytes.size() < sizeof(Head)) return std::nullopt;
  const auto head = number_at<Head>(bytes.data());
  if (base::crc32c(bytes.data() + kSum, bytes.size() - kSum) != head.crc) return std::nullopt;
  return Parts{bytes.substr(sizeof head, head.key_bytes), bytes.substr(sizeof head + head.key_bytes)};
}

}  // namespace

std::uint64_t Spill::Content::hash(std::size_t entry) const {
  return number_at<std::uint64_t>(hashes + entry * sizeof(std::uint64_t));
}
std::uint32_t Spill::Content::end(std::size_t entry) const {
  return number_at<std::uint32_t>(ends + entry * sizeof(std::uint32_t));
}
std::string_view Spill::Content::bytes(std::size_t entry) const {
  const std::size_t begin = entry == 0 ? 0 : end(entry - 1);
  return {entries + begin, end(entry) - begin};
}

Spill::Spill(std::string directory, GroupRange groups) : spread_(groups), file_(std::move(directory)) { clear(); }

void Spill::Batch::add(std::uint64_t hash, std::string_view key, std::string_view value) {
  const std::size_t at = bytes_.size();
  append_number(bytes_, Head{0, static_cast<std::uint32_t>(key.size())});
  bytes_.append(key).append(value);
  const std::uint32_t crc = base::crc32c(bytes_.data() + at + kSum, bytes_.size() - at - kSum);
  std::memcpy(bytes_.data() + at, &crc, sizeof crc);
  items_.push_back({hash, at, bytes_.size() - at, false});
}

void Spill::Batch::clear() {
  items_.clear();
  bytes_.clear();
}

void Spill::clear() {
  file_.clear();
  bits_ = 0;
  directory_.assign(1, 0);
  buckets_.assign(1, {});
  size_ = 0;
}

std::size_t Spill::memory_used() const {
  return buckets_.capacity() * sizeof(Bucket) + directory_.capacity() * sizeof directory_[0] + written_.capacity();
}

Spill::Content Spill::content(const Bucket& bucket) const {
  const char* at = file_.view(bucket.at);
  return {at, at + bucket.count * sizeof(std::uint64_t), at + bucket.count * kEach};
}

bool Spill::is_sound(const Bucket& bucket, const Content& content) const {
  return base::crc32c(content.hashes, bucket.count * kEach) == bucket.crc;
}

tl::unexpected<base::Error> Spill::damaged() const {
  return base::fail("state_damaged", "state that did not fit in memory has changed on disk", file_.directory(),
                    base::Origin::kEnvironment);
}

void Spill::prefetch_entries(std::uint64_t hash) const {
  constexpr std::size_t kLine = 64;
  const Bucket& bucket = buckets_[bucket_of(spread_(hash))];
  if (bucket.live == 0) return;
  const char* at = file_.view(bucket.at);
  for (std::size_t line = 0; line < bucket.count * kEach; line += kLine) __builtin_prefetch(at + line);
}

base::Result<std::optional<std::string_view>> Spill::take(std::uint64_t hash, std::string_view key) {
  Bucket& bucket = buckets_[bucket_of(spread_(hash))];
  if (bucket.live == 0) return std::nullopt;
  const Content there = content(bucket);
  if (!is_sound(bucket, there)) return damaged();
  for (std::size_t entry = 0; entry < bucket.count; ++entry) {
    if (there.hash(entry) != hash || (bucket.taken >> entry & 1) != 0) continue;
    const auto parts = parts_of(there.bytes(entry));
    if (!parts) return damaged();
    if (parts->key != key) continue;
    bucket.taken |= std::uint64_t{1} << entry;
    --size_;
    if (--bucket.live == 0) {
      file_.release(bucket.at, bucket.bytes);
      bucket.bytes = 0;
    }
    return parts->value;
  }
  return std::nullopt;
}

base::Result<void> Spill::take_all(const Each& each) {
  for (const Bucket& bucket : buckets_) {
    if (bucket.live == 0) continue;
    const Content there = content(bucket);
    if (!is_sound(bucket, there)) return damaged();
    for (std::size_t entry = 0; entry < bucket.count; ++entry) {
      if ((bucket.taken >> entry & 1) != 0) continue;
      const auto parts = parts_of(there.bytes(entry));
      if (!parts) return damaged();
      each(there.hash(entry), parts->key, parts->value);
    }
  }
  clear();
  return {};
}

base::Result<void> Spill::put(Batch& batch) {
  const std::span<Batch::Item> items(batch.items_);
  for (std::size_t begin = 0, end = 0; begin < items.size(); begin = end) {
    const std::size_t bucket = bucket_of(spread_(items[begin].hash));
    for (end = begin + 1; end < items.size() && bucket_of(spread_(items[end].hash)) == bucket;) ++end;
    if (auto done = put_into(bucket, items.subspan(begin, end - begin), batch.bytes_); !done) return done;
  }
  return {};
}

base::Result<void> Spill::put_into(std::size_t bucket, std::span<Batch::Item> items, std::string_view bytes) {
  const Bucket& to = buckets_[bucket];
  std::size_t most = to.bytes;
  for (const Batch::Item& item : items) most += item.bytes + kEach;
  if (auto done = file_.make_room(most, to.live + items.size()); !done) return done;
  pieces_.clear();
  if (to.live > 0) {
    const Content there = content(to);
    if (!is_sound(to, there)) return damaged();
    for (std::size_t entry = 0; entry < to.count; ++entry)
      if ((to.taken >> entry & 1) == 0)
        pieces_.push_back({there.hash(entry), spread_(there.hash(entry)), there.bytes(entry), nullptr});
  }
  for (Batch::Item& item : items)
    pieces_.push_back({item.hash, spread_(item.hash), bytes.substr(item.at, item.bytes), &item});
  size_ -= to.live;
  return store(bucket, pieces_);
}

/// `pieces`: all that the bucket is to have, those that it had before first.
base::Result<void> Spill::store(std::size_t bucket, std::span<Piece> pieces) {
  if (wants_split(pieces) && may_split(buckets_[bucket])) return split(bucket, pieces);
  std::size_t kept = 0;
  for (std::size_t bytes = 0; kept < std::min(pieces.size(), kMostEntries); ++kept)
    if ((bytes += pieces[kept].bytes.size()) > kMostEver) break;
  for (Piece& left : pieces.subspan(kept)) left.fresh->refused = true;
  return write(bucket, pieces.first(kept));
}

bool Spill::wants_split(std::span<const Piece> pieces) const {
  if (pieces.size() > kMostEntries) return true;
  std::size_t bytes = 0;
  for (const Piece& piece : pieces) bytes += piece.bytes.size();
  return bytes > kMostBytes && pieces.size() > 1;
}

/// A directory much larger than what it leads to means that hashes are alike.
bool Spill::may_split(const Bucket& bucket) const {
  constexpr std::size_t kSlotsABucket = 8, kAnyway = 1 << 16;  // The first round fills it from one end.
  return bucket.depth < bits_ ||
         (bits_ < 31 && directory_.size() * 2 <= std::max(kAnyway, buckets_.size() * kSlotsABucket));
}

/// The upper half goes to a new bucket.
base::Result<void> Spill::split(std::size_t bucket, std::span<Piece> pieces) {
  if (buckets_[bucket].depth == bits_) {
    std::vector<std::uint32_t> twice(directory_.size() * 2);
    for (std::size_t slot = 0; slot < twice.size(); ++slot) twice[slot] = directory_[slot / 2];
    directory_.swap(twice);
    ++bits_;
  }
  const std::size_t other = buckets_.size();
  const int depth = ++buckets_[bucket].depth;
  buckets_.push_back({});
  buckets_[other].depth = static_cast<std::uint8_t>(depth);
  const std::size_t slots = std::size_t{1} << (bits_ - depth);  // Of each half, one after the other.
  const std::uint64_t upper_half = (pieces[0].spread >> (64 - depth)) | 1;
  std::fill_n(directory_.begin() + static_cast<std::ptrdiff_t>(upper_half * slots), slots,
              static_cast<std::uint32_t>(other));
  const auto middle = std::stable_partition(
      pieces.begin(), pieces.end(), [depth](const Piece& piece) { return (piece.spread >> (64 - depth) & 1) == 0; });
  const auto lower = static_cast<std::size_t>(middle - pieces.begin());
  // The bucket itself last: where it was is written over then, and its pieces have been viewed there.
  if (auto done = store(other, pieces.subspan(lower)); !done) return done;
  return store(bucket, pieces.first(lower));
}

base::Result<void> Spill::write(std::size_t bucket, std::span<const Piece> pieces) {
  written_.clear();
  for (const Piece& piece : pieces) append_number(written_, piece.hash);
  std::uint32_t end = 0;
  for (const Piece& piece : pieces) append_number(written_, end += static_cast<std::uint32_t>(piece.bytes.size()));
  Bucket& to = buckets_[bucket];
  to.crc = base::crc32c(written_.data(), written_.size());
  for (const Piece& piece : pieces) written_ += piece.bytes;
  if (to.bytes == 0 || !ScratchFile::same_room(to.bytes, written_.size())) {
    if (to.bytes > 0) file_.release(to.at, to.bytes);
    to.at = written_.empty() ? 0 : file_.allocate(written_.size());
  }
  to.bytes = 0;
  to.taken = 0;
  to.count = to.live = 0;
  if (auto done = file_.write(to.at, written_); !done) return done;  // Nothing may be read that is not there.
  to.bytes = written_.size();
  to.count = to.live = static_cast<std::uint8_t>(pieces.size());
  size_ += pieces.size();
  return {};
}

}  // namespace penstock::state
