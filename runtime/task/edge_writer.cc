#include "runtime/task/edge_writer.h"

#include <algorithm>

#include "runtime/record/key_hash.h"

namespace penstock::task {

EdgeWriter::EdgeWriter(const topology::PlanEdge& edge, record::RowLayout layout,
                       std::vector<channel::OutChannel*> channels)
    : consumer_(edge.to),
      partitioning_(edge.partitioning),
      key_(edge.key),
      writer_(layout),
      channels_(std::move(channels)) {}

void EdgeWriter::write(const record::Rows& rows) {
  if (partitioning_ == topology::Partitioning::kHash) {
    write_by_hash(rows);
  } else {
    write_to(*channels_[next_], rows, nullptr);
    next_ = next_ + 1 == channels_.size() ? 0 : next_ + 1;
  }
}

void EdgeWriter::write_to(channel::OutChannel& channel, const record::Rows& rows, const std::uint64_t* hashes) {
  if (channel.closed()) return;
  const auto sizes = writer_.measure(rows);
  places_.resize(rows.count);
  for (std::uint32_t k = 0; k < rows.count; ++k) places_[k] = channel.reserve(sizes[k]);
  writer_.write(rows, places_.data(), hashes);
  channel.send_full_frames();
}

void EdgeWriter::write_by_hash(const record::Rows& rows) {
  hashes_.resize(rows.count);
  record::hash_keys(rows, key_, hashes_.data());
  if (writer_.is_plain(rows)) return write_blocks(rows);
  if (channels_.size() == 1) return write_to(*channels_[0], rows, hashes_.data());
  const auto sizes = writer_.measure(rows);
  if (std::any_of(channels_.begin(), channels_.end(), [](const auto* channel) { return channel->closed(); }))
    dropped_.resize(rows.count == 0 ? 0 : *std::max_element(sizes.begin(), sizes.end()));
  places_.resize(rows.count);
  const auto tasks = static_cast<std::uint32_t>(channels_.size());
  for (std::uint32_t k = 0; k < rows.count; ++k) {
    channel::OutChannel& channel = *channels_[record::task_of_group(record::key_group(hashes_[k]), tasks)];
    places_[k] = channel.closed() ? dropped_.data() : channel.reserve(sizes[k]);
  }
  writer_.write(rows, places_.data(), hashes_.data());
  for (auto* channel : channels_) channel->send_full_frames();
}

/// Rows of one length: sorted by channel first, then written a block at a time.
void EdgeWriter::write_blocks(const record::Rows& rows) {
  const auto tasks = static_cast<std::uint32_t>(channels_.size());
  rows_of_.resize(tasks);
  cells_of_.resize(tasks);
  count_of_.assign(tasks, 0);
  for (std::uint32_t task = 0; task < tasks; ++task) {
    if (rows_of_[task].size() < rows.count) rows_of_[task].resize(rows.count);
    if (cells_of_[task].size() < rows.count) cells_of_[task].resize(rows.count);
  }
  for (std::uint32_t k = 0; k < rows.count; ++k) {
    const std::uint32_t task = record::task_of_group(record::key_group(hashes_[k]), tasks);
    const std::uint32_t at = count_of_[task]++;
    rows_of_[task][at] = k;
    cells_of_[task][at] = rows.cell(k);
  }
  for (std::uint32_t task = 0; task < tasks; ++task) {
    channel::OutChannel& channel = *channels_[task];
    for (std::uint32_t done = 0; done < count_of_[task] && !channel.closed();) {
      const auto block = channel.reserve_block(count_of_[task] - done, writer_.layout().fixed_bytes());
      writer_.write_block(rows, std::span(rows_of_[task]).subspan(done, block.rows), cells_of_[task].data() + done,
                          block.place, hashes_.data());
      done += block.rows;
    }
    channel.send_full_frames();
  }
}

bool EdgeWriter::blocked() const {
  return std::any_of(channels_.begin(), channels_.end(), [](const auto* channel) { return channel->blocked(); });
}
bool EdgeWriter::closed() const {
  return std::all_of(channels_.begin(), channels_.end(), [](const auto* channel) { return channel->closed(); });
}
void EdgeWriter::ship() {
  for (auto* channel : channels_) channel->ship();
}
void EdgeWriter::watermark(base::Micros value, base::Micros now) {
  for (auto* channel : channels_) channel->watermark(value, now);
}
void EdgeWriter::idle() {
  for (auto* channel : channels_) channel->idle();
}
void EdgeWriter::end() {
  for (auto* channel : channels_) channel->end();
}

}  // namespace penstock::task
