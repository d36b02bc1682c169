/// From a span of a scalar's text back to the file, so that a fault inside an expression is shown where it stands.
#pragma once

#include "topology/yaml/source_text.h"
#include "topology/yaml/tree.h"

namespace penstock::topology {

/// Bytes [begin, end) of `scalar.text` as a place in the file. Where quoting, line breaks or variables hide the way
/// back it is the whole scalar (block scalars: the line).
Place place_in_scalar(const YamlNode& scalar, std::size_t begin, std::size_t end, const SourceText& source);

}  // namespace penstock::topology
