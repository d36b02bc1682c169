#include "operators/formats/line_formats.h"

#include <cstring>

#include "operators/formats/fault.h"
#include "operators/formats/utf8.h"

namespace penstock::operators {

api::Decoder::Progress LineDecoder::decode(std::string_view bytes, std::int64_t offset, bool last,
                                           std::uint32_t max_rows, record::RowsBuffer& out,
                                           std::vector<std::int64_t>& offsets, api::DecodeFaults& faults) {
  Progress progress;
  std::string_view block;
  while (progress.rows < max_rows) {
    const std::size_t before = progress.consumed;
    const auto found = blocks_.next(bytes, progress.consumed, offset, last, block);
    if (found == LineBlocks::Found::kNone) break;
    if (found == LineBlocks::Found::kTooLong) {
      faults.failed(offset + static_cast<std::int64_t>(before), block, fault_code::kLineTooLong, kTooLongMessage);
      continue;
    }
    const bool all_valid = !check_utf8_ || valid_utf8(block);
    while (!block.empty() && progress.rows < max_rows) {
      const void* const newline = std::memchr(block.data(), '\n', block.size());
      const std::size_t size = newline == nullptr
                                   ? block.size()
                                   : static_cast<std::size_t>(static_cast<const char*>(newline) - block.data()) + 1;
      const std::string_view line = without_line_end(block.substr(0, size));
      const std::int64_t line_offset = offset + (block.data() - bytes.data());
      block.remove_prefix(size);
      if (!all_valid && !valid_utf8(line)) {
        faults.failed(line_offset, line, fault_code::kBadUtf8, "the line is not valid UTF-8");
        continue;
      }
      out[0].append_text(line);
      offsets.push_back(line_offset);
      ++progress.rows;
    }
    progress.consumed = static_cast<std::size_t>(block.data() - bytes.data());
  }
  return progress;
}

void LineEncoder::encode(const record::Rows& rows, std::string& out) {
  TextOut text(out);
  const record::Column& column = rows.columns[field_];
  for (std::uint32_t row = 0; row < rows.count; ++row) {
    const std::uint32_t cell = rows.cell(row);
    if (column.is_null(cell)) {
    } else if (record::is_text(column.type.kind)) {
      text.append(column.cells<record::Text>()[cell]);
    } else if (column.type.kind == record::Kind::kList) {
      cells_.write_json(column, cell, text);
    } else {
      cells_.write_plain(column, cell, text);
    }
    text.append('\n');
  }
}

}  // namespace penstock::operators
