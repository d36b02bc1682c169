#include "operators/formats/formats.h"

#include "operators/formats/csv_decoder.h"
#include "operators/formats/csv_encoder.h"
#include "operators/formats/json_decoder.h"
#include "operators/formats/json_encoder.h"
#include "operators/formats/line_formats.h"
#include "operators/formats/register.h"

namespace penstock::operators {
namespace {

using record::Kind;
using DecoderResult = base::Result<std::unique_ptr<api::Decoder>>;
using EncoderResult = base::Result<std::unique_ptr<api::Encoder>>;

constexpr std::string_view kNoDelimiters = "\"\n\r0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

base::Result<char> csv_delimiter(const topology::Params& params) {
  const std::string text = params.text("delimiter", ",");
  if (text == "\\t") return '\t';
  if (text.size() == 1 && kNoDelimiters.find(text.front()) == kNoDelimiters.npos) return text.front();
  return base::fail(
      "csv_delimiter",
      "the delimiter of csv must be one byte other than a quote, a line end, a letter or a digit, such as "
      "\";\"");
}

DecoderResult make_json_decoder(const record::Schema& schema, const topology::Params& params) {
  return std::make_unique<JsonDecoder>(plan_fields(schema, params));
}

DecoderResult make_csv_decoder(const record::Schema& schema, const topology::Params& params) {
  const auto delimiter = csv_delimiter(params);
  if (!delimiter) return tl::unexpected(delimiter.error());
  return std::make_unique<CsvDecoder>(plan_fields(schema, params), *delimiter, params.flag("header", true));
}

template <Kind kKind>
DecoderResult make_line_decoder(const record::Schema& schema, const topology::Params&) {
  if (schema.size() != 1 || schema[0].type.kind != kKind) {
    return base::fail("format_schema", std::string("this format fills one field of type ") +
                                           std::string(record::to_string(kKind)) + ", declare just that");
  }
  return std::make_unique<LineDecoder>(kKind == Kind::kString);
}

EncoderResult make_json_encoder(const record::Schema& schema, const topology::Params&) {
  return std::make_unique<JsonEncoder>(schema);
}

EncoderResult make_csv_encoder(const record::Schema& schema, const topology::Params& params) {
  const auto delimiter = csv_delimiter(params);
  if (!delimiter) return tl::unexpected(delimiter.error());
  return std::make_unique<CsvEncoder>(schema, *delimiter, params.flag("header", true));
}

/// Writes the first field of a wanted type, or the only field there is.
template <Kind kFirst, Kind kSecond>
EncoderResult make_line_encoder(const record::Schema& schema, const topology::Params&) {
  for (const Kind kind : {kFirst, kSecond})
    for (int i = 0; i < schema.size(); ++i)
      if (schema[i].type.kind == kind) return std::make_unique<LineEncoder>(i);
  if (schema.size() == 1) return std::make_unique<LineEncoder>(0);
  return base::fail("format_schema", std::string("this format writes one field, and there is none of type ") +
                                         std::string(record::to_string(kFirst)) + "; choose one with map");
}

struct NamedFormat {
  const char* name;
  const char* extension;
  api::FormatFactory factory;
};

const std::vector<NamedFormat>& all_formats() {
  static const auto* const list = new std::vector<NamedFormat>{
      {"json", "jsonl", {make_json_decoder, make_json_encoder}},
      {"csv", "csv", {make_csv_decoder, make_csv_encoder}},
      {"text", "txt", {make_line_decoder<Kind::kString>, make_line_encoder<Kind::kString, Kind::kString>}},
      {"raw", "bin", {make_line_decoder<Kind::kBytes>, make_line_encoder<Kind::kBytes, Kind::kString>}},
  };
  return *list;
}

base::Result<const NamedFormat*> find_format(const std::string& name) {
  for (const NamedFormat& format : all_formats())
    if (name == format.name) return &format;
  return base::fail("unknown_format", "no format is called '" + name + "'; there are json, csv, text and raw");
}

}  // namespace

DecoderResult make_decoder(const std::string& format, const record::Schema& schema, const topology::Params& params) {
  const auto found = find_format(format);
  if (!found) return tl::unexpected(found.error());
  return (*found)->factory.decoder(schema, params);
}

EncoderResult make_encoder(const std::string& format, const record::Schema& schema, const topology::Params& params) {
  const auto found = find_format(format);
  if (!found) return tl::unexpected(found.error());
  return (*found)->factory.encoder(schema, params);
}

std::string file_extension(const std::string& format) {
  const auto found = find_format(format);
  return found ? (*found)->extension : "out";
}

void register_formats(api::Registry& registry) {
  for (const NamedFormat& format : all_formats()) registry.formats[format.name] = format.factory;
}

}  // namespace penstock::operators
