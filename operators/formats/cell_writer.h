/// Cells as text: plain (CSV, text) and as JSON values. THREAD: the encoder's; one per encoder.
#pragma once

#include "operators/formats/text_out.h"
#include "operators/formats/timestamp_text.h"
#include "runtime/record/rows.h"

namespace penstock::operators {

class CellWriter {
 public:
  /// JSON: null for nulls and for floats that are no numbers; timestamps, durations and bytes (Base64) as strings.
  void write_json(const record::Column& column, std::uint32_t cell, TextOut& out);
  /// A scalar that is neither text nor null, without quotes. False: nothing was written (a float that is no number).
  bool write_plain(const record::Column& column, std::uint32_t cell, TextOut& out);

 private:
  TimestampWriter timestamps_;
};

}  // namespace penstock::operators
