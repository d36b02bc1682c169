#include "runtime/record/column_frame.h"

#include "runtime/base/limits.h"

namespace penstock::record {
namespace {

constexpr std::size_t kArrayBytes = 8 * base::kFrameRows;

void gather(const std::int64_t* __restrict from, const std::uint32_t* __restrict at, std::size_t count,
            std::int64_t* __restrict to) {
  for (std::size_t i = 0; i < count; ++i) to[i] = from[at[i]];
}

}  // namespace

ColumnFrames::ColumnFrames(RowLayout layout) : layout_(layout) {
  arrays_ = static_cast<std::size_t>(layout.schema->size()) + (layout.time ? 2 : 0) + (layout.hash ? 1 : 0);
  for (const Field& field : layout.schema->fields) {
    suits_ = suits_ && is_slot(field.type.kind);
    views_.push_back({field.type, nullptr, nullptr, nullptr});
  }
  suits_ = suits_ && arrays_ > 0 && payload_bytes() <= 4 * base::kFramePayloadBytes;
}

std::size_t ColumnFrames::payload_bytes() const { return arrays_ * kArrayBytes; }

bool ColumnFrames::takes(const Rows& rows) const {
  if (!suits_ || rows.change != nullptr) return false;
  for (const Column& column : rows.columns)
    if (column.state != nullptr) return false;
  return true;
}

void ColumnFrames::write(const Rows& rows, std::span<const std::uint32_t> which, const std::uint32_t* cells,
                         const std::uint64_t* hashes, std::byte* payload, std::uint32_t first) const {
  const std::size_t count = which.size();
  auto* to = reinterpret_cast<std::int64_t*>(payload) + first;
  if (layout_.time) {
    gather(rows.time, cells, count, to);
    gather(rows.watermark, cells, count, to += base::kFrameRows);
    to += base::kFrameRows;
  }
  if (layout_.hash) {
    gather(reinterpret_cast<const std::int64_t*>(hashes), which.data(), count, to);
    to += base::kFrameRows;
  }
  for (const Column& column : rows.columns) {
    gather(column.cells<std::int64_t>(), cells, count, to);  // The bits of a float64 as well.
    to += base::kFrameRows;
  }
}

const Rows& ColumnFrames::lend(const std::byte* payload, std::uint32_t count, bool may_be_late) {
  rows_ = Rows{};
  rows_.schema = layout_.schema;
  rows_.count = count;
  if (layout_.time) {
    rows_.time = reinterpret_cast<const base::Micros*>(payload);
    rows_.watermark = reinterpret_cast<const base::Micros*>(payload + kArrayBytes);
    rows_.may_be_late = may_be_late;
    payload += 2 * kArrayBytes;
  }
  if (layout_.hash) {
    rows_.key_hash = reinterpret_cast<const std::uint64_t*>(payload);
    payload += kArrayBytes;
  }
  for (Column& view : views_) {
    view.data = payload;
    payload += kArrayBytes;
  }
  rows_.columns = views_;
  return rows_;
}

}  // namespace penstock::record
