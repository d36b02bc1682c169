/// Decoders and encoders by name, for sources, sinks and look-up tables.
#pragma once

#include <memory>
#include <string>

#include "runtime/api/format.h"
#include "runtime/base/error.h"
#include "topology/expression/params.h"

namespace penstock::operators {

/// `format`: json | csv | text | raw; `params`: its options (csv: header, delimiter; any: units). The decoder fills
/// rows of `schema`. Errors: unknown_format, and format_schema or csv_delimiter when the format cannot do this.
base::Result<std::unique_ptr<api::Decoder>> make_decoder(const std::string& format, const record::Schema& schema,
                                                         const topology::Params& params);
/// The encoder writes rows of `schema`, whose order of fields is that of the columns.
base::Result<std::unique_ptr<api::Encoder>> make_encoder(const std::string& format, const record::Schema& schema,
                                                         const topology::Params& params);

/// What a file of this format is usually called: "jsonl", "csv", "txt", "bin".
std::string file_extension(const std::string& format);

}  // namespace penstock::operators
