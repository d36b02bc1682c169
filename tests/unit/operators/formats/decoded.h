/// Decodes a text the way a source does, in chunks and runs of any size, and keeps rows and faults as text.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "operators/formats/formats.h"
#include "runtime/base/limits.h"
#include "tests/support/row_text.h"

namespace penstock::operators {

struct DecodedFault {
  std::int64_t offset;
  std::string raw, code, message;
  bool of_all = false;  ///< Nothing of the input can be read.
  friend bool operator==(const DecodedFault&, const DecodedFault&) = default;
  friend std::ostream& operator<<(std::ostream& out, const DecodedFault& fault) {
    return out << fault.offset << " " << fault.code << " " << fault.raw << " " << fault.message;
  }
};

struct Decoded : api::DecodeFaults {
  std::vector<std::string> rows;
  std::vector<std::int64_t> offsets;
  std::vector<DecodedFault> faults;

  void failed(std::int64_t offset, std::string_view raw, std::string_view code, std::string_view message) override {
    faults.push_back({offset, std::string(raw), std::string(code), std::string(message)});
  }
  void unreadable(std::int64_t offset, std::string_view raw, std::string_view code, std::string_view message) override {
    failed(offset, raw, code, message);
    faults.back().of_all = true;
  }
  std::vector<std::string> codes() const {
    std::vector<std::string> all;
    for (const DecodedFault& fault : faults) all.push_back(fault.code);
    return all;
  }
};

struct Reading {
  std::string format = "json";
  topology::Params params = {};
  std::size_t chunk = 1 << 30;       ///< Bytes that come at a time.
  std::uint32_t max_rows = 1 << 20;  ///< Of one call.
};

/// Each call of the decoder sees a copy of its own of exactly the bytes it may read and the padding (found out by
/// ASan).
inline Decoded decode(const record::Schema& schema, std::string_view text, const Reading& reading = {}) {
  constexpr std::size_t kPadding = 64;
  Decoded result;
  auto decoder = make_decoder(reading.format, schema, reading.params);
  EXPECT_TRUE(decoder.has_value()) << decoder.error().text;
  record::RowsBuffer out(schema);
  std::size_t used = 0;
  std::size_t come = 0;
  for (;;) {
    come = std::min(text.size(), come + reading.chunk);
    const bool last = come == text.size();
    for (;;) {
      const std::string_view bytes = text.substr(used, come - used);
      const auto copy = std::make_unique<char[]>(bytes.size() + kPadding);
      std::memcpy(copy.get(), bytes.data(), bytes.size());
      std::memset(copy.get() + bytes.size(), '"', kPadding);
      out.clear();
      const auto progress = (*decoder)->decode({copy.get(), bytes.size()}, static_cast<std::int64_t>(used), last,
                                               reading.max_rows, out, result.offsets, result);
      const record::Rows rows = out.rows(progress.rows);
      for (std::uint32_t row = 0; row < rows.count; ++row) result.rows.push_back(support::row_text(rows, row));
      used += progress.consumed;
      EXPECT_LE(progress.rows, reading.max_rows);
      if (progress.consumed == 0) break;
    }
    if (last) break;
  }
  EXPECT_EQ(result.rows.size(), result.offsets.size());
  EXPECT_EQ(used, text.size()) << "all of it is used up";
  return result;
}

inline record::Field field(std::string name, record::Kind kind, bool nullable = true) {
  return {std::move(name), {kind, record::Kind::kNull}, nullable};
}
inline record::Field list_field(std::string name, record::Kind element) {
  return {std::move(name), {record::Kind::kList, element}, true};
}

}  // namespace penstock::operators
