#include "operators/runs/gather.h"

namespace penstock::operators {

record::Column ColumnGather::take(const record::Column& column, std::span<const std::uint32_t> cells) {
  record::Column taken = column;
  switch (column.type.kind) {
    case record::Kind::kNull:
      break;
    case record::Kind::kBool:
      gather(column.cells<std::uint8_t>(), cells, room<std::uint8_t>(cells.size()));
      break;
    case record::Kind::kString:
    case record::Kind::kBytes:
      gather(column.cells<record::Text>(), cells, room<record::Text>(cells.size()));
      break;
    default:  // Numbers, times and list slices have 8 bytes.
      gather(column.cells<std::uint64_t>(), cells, room<std::uint64_t>(cells.size()));
  }
  if (column.type.kind != record::Kind::kNull) taken.data = bytes_.data();
  if (column.state == nullptr) return taken;
  states_.resize(cells.size());
  gather(column.state, cells, states_.data());
  taken.state = states_.data();
  return taken;
}

record::Column ColumnGather::take_or_null(const record::Column& column, std::span<const std::uint32_t> cells) {
  present_.assign(cells.begin(), cells.end());
  bool missing = false;
  for (std::uint32_t& cell : present_) {
    if (cell != kNoCell) continue;
    missing = true;
    cell = 0;
  }
  if (!missing) return take(column, cells);
  if (column.data == nullptr) present_.clear();  // An empty column has no cell to borrow from; all are null.
  record::Column taken = take(column, present_);
  if (present_.empty()) taken.data = room<record::Text>(cells.size());
  states_.resize(cells.size());
  for (std::size_t i = 0; i < cells.size(); ++i)
    if (cells[i] == kNoCell)
      states_[i] = record::kNull;
    else if (column.state == nullptr)
      states_[i] = record::kValid;
  taken.state = states_.data();
  return taken;
}

}  // namespace penstock::operators
