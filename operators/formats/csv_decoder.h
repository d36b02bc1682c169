/// `format: csv`. With a header (the default) columns are matched to fields by name and unknown ones ignored, else by
/// position. An empty cell is null, a quoted empty one the empty text (or bytes). An empty line is no row, but for a
/// single column of texts or bytes that may be null: there it is the null, which could not be written else. Behind a
/// header that is bad nothing is read. THREAD: the reader's; one per partition.
#pragma once

#include "operators/formats/csv_records.h"
#include "operators/formats/json_index.h"
#include "operators/formats/row_scratch.h"
#include "runtime/api/format.h"

namespace penstock::operators {

class CsvDecoder : public api::Decoder {
 public:
  CsvDecoder(std::vector<FieldPlan> plan, char delimiter, bool header);

  Progress decode(std::string_view bytes, std::int64_t offset, bool last, std::uint32_t max_rows,
                  record::RowsBuffer& out, std::vector<std::int64_t>& offsets, api::DecodeFaults& faults) override;
  /// "skipping " or "reading ", and the header as it stood there; "refused " once a bad one has been told of.
  std::string learnt() const override;
  bool resume(std::string_view learnt) override;

 private:
  bool read_record(record::RowsBuffer& out);
  bool read_cell(const CsvCell& cell, std::size_t field, record::TextArena& arena);
  bool read_list(std::string_view text, std::size_t field, record::TextArena& arena);
  enum class Header : std::uint8_t { kComes, kKnown, kBad, kRefused };  ///< kBad: with fault_, which is to be told.
  void take_header(CsvRecords::Found found);
  void match_columns();
  void know_columns();  ///< field_of_cell_ is complete.
  void refuse(std::int64_t offset, std::string_view raw, api::DecodeFaults& faults);

  std::vector<FieldPlan> plan_;
  RowScratch scratch_;
  CsvRecords records_;
  std::vector<int> field_of_cell_;  ///< -1: a column that no field wants.
  bool has_header_;
  Header state_;
  std::string header_;
  JsonIndex list_index_;
  RecordFault fault_;
};

}  // namespace penstock::operators
