/// Cuts a text at each occurrence of a character, without copying it.
#pragma once

#include <string_view>

#include "runtime/expression/list_builder.h"

namespace penstock::expression {

/// Pushes the pieces of `line`; at least one, which may be empty.
void split_at_character(std::string_view line, char separator, ListBuilder<record::Text>& pieces);
/// The same for a separator of any length but zero.
void split_at_text(std::string_view line, std::string_view separator, ListBuilder<record::Text>& pieces);

}  // namespace penstock::expression
