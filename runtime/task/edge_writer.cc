#include "runtime/task/edge_writer.h"

#include <algorithm>

#include "runtime/record/key_hash.h"

namespace penstock::task {

EdgeWriter::EdgeWriter(const topology::PlanEdge& edge, record::RowLayout layout, const std::vector<Lane>& lanes)
    : consumer_(edge.to), partitioning_(edge.partitioning), key_(edge.key), writer_(layout), columns_(layout) {
  for (const Lane& lane : lanes) {
    channels_.push_back(lane.channel);
    remote_.push_back(lane.remote ? 1 : 0);
    all_remote_ = all_remote_ && lane.remote;
  }
}

std::span<const std::uint32_t> EdgeWriter::write(const record::Rows& rows) {
  refused_.clear();
  if (!try_write(rows)) try_write(without_refused(rows));
  return refused_;
}

bool EdgeWriter::try_write(const record::Rows& rows) {
  if (partitioning_ == topology::Partitioning::kHash) return write_by_hash(rows);
  if (!write_to(*channels_[next_], rows, nullptr)) return false;
  next_ = next_ + 1 == channels_.size() ? 0 : next_ + 1;
  return true;
}

record::Rows EdgeWriter::without_refused(const record::Rows& rows) {
  refused_.assign(writer_.too_large().begin(), writer_.too_large().end());
  rest_.clear();
  for (std::uint32_t row = 0; row < rows.count; ++row)
    if (!std::binary_search(refused_.begin(), refused_.end(), row)) rest_.push_back(rows.cell(row));
  record::Rows rest = rows;
  rest.selection = rest_.data();
  rest.count = static_cast<std::uint32_t>(rest_.size());
  return rest;
}

bool EdgeWriter::write_to(channel::OutChannel& channel, const record::Rows& rows, const std::uint64_t* hashes) {
  if (channel.closed()) return true;
  const auto sizes = writer_.measure(rows);
  if (!writer_.too_large().empty()) return false;
  places_.resize(rows.count);
  for (std::uint32_t k = 0; k < rows.count; ++k) places_[k] = channel.reserve(sizes[k]);
  writer_.write(rows, places_.data(), hashes);
  channel.send_full_frames();
  return true;
}

bool EdgeWriter::write_by_hash(const record::Rows& rows) {
  hashes_.resize(rows.count);
  record::hash_keys(rows, key_, hashes_.data());
  if (!all_remote_ && columns_.takes(rows)) {
    write_columns(rows);
    return true;
  }
  if (channels_.size() == 1) return write_to(*channels_[0], rows, hashes_.data());
  const auto sizes = writer_.measure(rows);
  if (!writer_.too_large().empty()) return false;
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
  return true;
}

/// Row numbers by task. For two tasks without a branch (nothing foretells a hash) and without counting in memory.
void EdgeWriter::sort_by_task(std::uint32_t count, std::uint32_t tasks) {
  rows_of_.resize(tasks);
  count_of_.assign(tasks, 0);
  for (auto& chosen : rows_of_)
    if (chosen.size() < count) chosen.resize(count);
  if (tasks == 2) {
    std::uint32_t *low = rows_of_[0].data(), *high = rows_of_[1].data();
    std::uint32_t lower = 0;
    for (std::uint32_t k = 0; k < count; ++k) {
      low[lower] = k;
      high[k - lower] = k;
      lower += static_cast<std::uint32_t>(record::key_group(hashes_[k]) < record::first_group(1, 2));
    }
    count_of_[0] = lower;
    count_of_[1] = count - lower;
    return;
  }
  for (std::uint32_t k = 0; k < count; ++k) {
    const std::uint32_t task = record::task_of_group(record::key_group(hashes_[k]), tasks);
    rows_of_[task][count_of_[task]++] = k;
  }
}

/// Sorted by channel first, then gathered a column at a time.
void EdgeWriter::write_columns(const record::Rows& rows) {
  const auto tasks = static_cast<std::uint32_t>(channels_.size());
  sort_by_task(rows.count, tasks);
  for (std::uint32_t task = 0; task < tasks; ++task) {
    const std::span<const std::uint32_t> chosen(rows_of_[task].data(), count_of_[task]);
    const std::uint32_t* cells = chosen.data();
    if (rows.selection != nullptr) {
      cells_.resize(chosen.size());
      for (std::size_t i = 0; i < chosen.size(); ++i) cells_[i] = rows.selection[chosen[i]];
      cells = cells_.data();
    }
    if (remote_[task] != 0)
      write_rows_to(*channels_[task], rows, chosen, cells);
    else
      write_columns_to(*channels_[task], rows, chosen, cells);
  }
}

void EdgeWriter::write_rows_to(channel::OutChannel& channel, const record::Rows& rows,
                               std::span<const std::uint32_t> chosen, const std::uint32_t* cells) {
  if (chosen.empty()) return;
  record::Rows part = rows;
  part.selection = cells;
  part.count = static_cast<std::uint32_t>(chosen.size());
  chosen_hashes_.resize(chosen.size());
  for (std::size_t i = 0; i < chosen.size(); ++i) chosen_hashes_[i] = hashes_[chosen[i]];
  write_to(channel, part, chosen_hashes_.data());
}

void EdgeWriter::write_columns_to(channel::OutChannel& channel, const record::Rows& rows,
                                  std::span<const std::uint32_t> chosen, const std::uint32_t* cells) {
  while (!chosen.empty() && !channel.closed()) {
    const auto block = channel.reserve_columns(static_cast<std::uint32_t>(chosen.size()), columns_, rows.may_be_late);
    columns_.write(rows, chosen.first(block.rows), cells, hashes_.data(), block.payload, block.first);
    chosen = chosen.subspan(block.rows);
    cells += block.rows;
  }
  channel.send_full_frames();
}

bool EdgeWriter::blocked() const {
  return std::any_of(channels_.begin(), channels_.end(), [](const auto* channel) { return channel->blocked(); });
}
bool EdgeWriter::under_way() const {
  return std::any_of(channels_.begin(), channels_.end(), [](const auto* channel) { return channel->under_way(); });
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
void EdgeWriter::barrier(std::uint64_t epoch) {
  for (auto* channel : channels_) channel->barrier(epoch);
}
void EdgeWriter::drained() {
  for (auto* channel : channels_) channel->drained();
}
void EdgeWriter::end() {
  for (auto* channel : channels_) channel->end();
}

}  // namespace penstock::task
