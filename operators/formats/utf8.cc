#include "operators/formats/utf8.h"

#include <simdjson.h>

namespace penstock::operators {
bool valid_utf8_slowly(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }
}  // namespace penstock::operators
