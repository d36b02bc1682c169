/// Why a record could not become a row. Codes are stable; tests and users' tools compare them.
#pragma once

#include <string>
#include <string_view>

namespace penstock::operators {

namespace fault_code {
constexpr std::string_view kBadJson = "bad_json";  ///< Not one JSON object on one line.
constexpr std::string_view kBadCsv = "bad_csv";    ///< Quotes or number of cells are wrong.
constexpr std::string_view kBadUtf8 = "bad_utf8";
constexpr std::string_view kWrongType = "wrong_type";              ///< A value of another type than the schema says.
constexpr std::string_view kOutOfRange = "out_of_range";           ///< A number the field's type cannot hold.
constexpr std::string_view kBadTimestamp = "bad_timestamp";        ///< Not a timestamp, or outside the years 1900-2200.
constexpr std::string_view kNullField = "null_field";              ///< Null or missing where the schema says `!`.
constexpr std::string_view kLineTooLong = "line_too_long";         ///< Longer than base::kMaxLineBytes.
constexpr std::string_view kBadHeader = "bad_header";              ///< A CSV header that cannot be read.
constexpr std::string_view kMissingColumn = "missing_column";      ///< A field of the schema is not in the CSV header.
constexpr std::string_view kDuplicateColumn = "duplicate_column";  ///< Two columns have the name of one field.
}  // namespace fault_code

struct RecordFault {
  std::string_view code;
  std::string message;
};

/// What stood there, short enough for a message: at most 60 bytes, cut between characters, control characters as '?',
/// valid UTF-8 whatever it was.
std::string excerpt(std::string_view found);
/// Where in `text` the character ends to which the byte before `size` belongs.
std::size_t whole_characters(std::string_view text, std::size_t size);

}  // namespace penstock::operators
