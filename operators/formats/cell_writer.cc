#include "operators/formats/cell_writer.h"

#include <charconv>
#include <cmath>

#include "operators/formats/base64.h"
#include "operators/formats/json_text.h"
#include "runtime/base/time_text.h"

namespace penstock::operators {
namespace {
constexpr std::size_t kMostScalar = 64;  ///< Bytes of any number, timestamp or duration.
}

using record::Kind;

bool CellWriter::write_plain(const record::Column& column, std::uint32_t cell, TextOut& out) {
  char* const at = out.room(kMostScalar);
  switch (column.type.kind) {
    case Kind::kBool:
      out.append(column.cells<std::uint8_t>()[cell] != 0 ? "true" : "false");
      return true;
    case Kind::kInt64:
      out.wrote(std::to_chars(at, at + kMostScalar, column.cells<std::int64_t>()[cell]).ptr);
      return true;
    case Kind::kFloat64: {
      const double value = column.cells<double>()[cell];
      if (!std::isfinite(value)) return false;
      out.wrote(std::to_chars(at, at + kMostScalar, value).ptr);
      return true;
    }
    case Kind::kTimestamp:
      out.wrote(at + timestamps_.write(column.cells<std::int64_t>()[cell], at));
      return true;
    case Kind::kDuration:
      out.wrote(at + base::format_duration(column.cells<std::int64_t>()[cell], at));
      return true;
    case Kind::kBytes: {
      const record::Text bytes = column.cells<record::Text>()[cell];
      out.wrote(write_base64(bytes, out.room(base64_size(bytes.size()))));
      return true;
    }
    case Kind::kNull:
    case Kind::kString:
    case Kind::kList:
      break;
  }
  return false;
}

void CellWriter::write_json(const record::Column& column, std::uint32_t cell, TextOut& out) {
  if (column.is_null(cell)) return out.append("null");
  switch (column.type.kind) {
    case Kind::kNull:
      return out.append("null");
    case Kind::kString: {
      const record::Text text = column.cells<record::Text>()[cell];
      char* const at = out.room(text.size() * 6 + 2);
      *at = '"';
      char* const end = escape_json(text, at + 1);
      *end = '"';
      return out.wrote(end + 1);
    }
    case Kind::kList: {
      const auto slice = column.cells<record::ListSlice>()[cell];
      out.append('[');
      for (std::uint32_t i = 0; i < slice.length; ++i) {
        if (i > 0) out.append(',');
        write_json(*column.child, slice.offset + i, out);
      }
      return out.append(']');
    }
    case Kind::kTimestamp:
    case Kind::kDuration:
    case Kind::kBytes:
      out.append('"');
      write_plain(column, cell, out);
      return out.append('"');
    case Kind::kBool:
    case Kind::kInt64:
    case Kind::kFloat64:
      if (!write_plain(column, cell, out)) out.append("null");
      return;
  }
}

}  // namespace penstock::operators
